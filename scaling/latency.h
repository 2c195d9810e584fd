// Measures networks on this CPU: compiles each and runs it in a process of its own, in turns with the baseline.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/owned_folder.h"
#include "pipeline/library.h"
#include "scaling/store.h"

namespace effnet {

struct Latency {
  double ratio = 0;  // to the baseline, measured in turns: what the machine's speed does not change
  double baseline_milliseconds = 0;  // the least that it took meanwhile
};

struct LatencyOptions {
  NetworkConfig baseline;
  CpuTarget target;
  int threads = 1;
  CCompiler cc;  // this and the next as LibraryRequest has them
  std::string schedules;
  JobOptions jobs;
  int rounds = 5;        // in which baseline and network take turns
  double seconds = 0.2;  // of each run
  bool forgets = false;  // measures again what is known
};

class LatencyMeter {
 public:
  LatencyMeter(LatencyOptions options, ValueStore store)
      : options_(std::move(options)), store_(std::move(store)) {}

  // What an earlier measurement of the same kernels on this CPU model gave.
  Result<std::optional<Latency>> known(const NetworkConfig& config) const;
  Result<Latency> measure(const NetworkConfig& config);
  Status keep(const NetworkConfig& config, const Latency& latency) const;  // for known()

 private:
  LibraryRequest request(const NetworkConfig& config) const;
  Result<std::string> key_of(const NetworkConfig& config) const;
  Result<std::string> compile(const NetworkConfig& config, const std::string& folder) const;
  Result<double> run(const std::string& library) const;  // milliseconds
  Result<Latency> take_turns(const std::string& library) const;
  Status prepare();  // the baseline's library

  LatencyOptions options_;
  ValueStore store_;
  std::unique_ptr<OwnedFolder> folder_;  // of libraries
  std::string baseline_library_;
};

}  // namespace effnet
