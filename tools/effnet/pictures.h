// The pictures of a command: found, decoded and run on all cores, reported in order.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "pictures/stream.h"
#include "tasks/augmentation.h"
#include "tools/effnet/model.h"

namespace effnet {

struct PictureOptions {
  std::vector<std::string> arguments;
  int jobs = 0;  // pictures worked on at the same time; 0: cores / threads
};

// PICTURE... and --jobs.
void add_picture_options(CLI::App& app, PictureOptions& options);

// --crops, and what it asks for: the picture as it is; with crops also seeded parts of it, brighter or darker, and
// everything mirrored.
void add_crops_option(CLI::App& app, int& crops);
AugmentationOptions augmentation_of(int crops);
Result<std::vector<View>> views_of(const Picture& picture, int crops);

// Reports what goes wrong with some of many pictures: a line each, the last as the command's own failure.
class Failures {
 public:
  explicit Failures(std::string command) : command_(std::move(command)) {}
  void add(const Status& failure);
  const Status& last() const { return last_; }

 private:
  std::string command_;
  Status last_;
};

// A picture in the hands of a worker.
struct DecodedPicture {
  const Model& model;  // the worker's own
  const std::string& name;
  const Picture& picture;
};

class PictureRun {
 public:
  // Opens the model, once a worker; arguments that name no picture are failures of the run.
  static Result<PictureRun> start(const std::string& command, const ModelOptions& model,
                                  PictureFiles pictures, int jobs);
  static Result<PictureRun> start(const std::string& command, const ModelOptions& model,
                                  const PictureOptions& pictures) {
    return start(command, model, find_pictures(pictures.arguments), pictures.jobs);
  }

  // Each picture is run `of_each` times: progress is shown for fewer pictures then.
  void expect_runs(std::size_t of_each);

  const Model& model() const { return models_.front(); }
  std::size_t size() const { return files_.size(); }

  // For every picture `work`, on one of the workers, then `take`, here and in order, with the picture's name.
  // What is wrong with a picture, for `work` or for reading it, takes a line, and the run goes on; what is
  // wrong for `take` ends it. With many pictures: progress on a terminal, throughput at the end. Afterwards
  // the run is over.
  template <typename T>
  Status for_each(const std::function<Result<T>(const DecodedPicture&)>& work,
                  const std::function<Status(const std::string& name, T)>& take) {
    Status ended;
    for_each_picture<Result<T>>(
        files_, static_cast<int>(models_.size()),
        [&](std::size_t i, int worker, const Result<Picture>& picture) -> Result<T> {
          if (!picture) return picture.status();
          Result<T> result = work({models_[static_cast<std::size_t>(worker)], files_[i].name, *picture});
          return result ? std::move(result) : Status::error(files_[i].name + ": " + result.message());
        },
        [&](std::size_t i, Result<T> result) {
          before_output();
          if (result) {
            ended = take(files_[i].name, *std::move(result));
            done_++;
          } else {
            failures_.add(result.status());
          }
          after_output();
          return ended.ok();
        });
    return ended ? finish() : ended;
  }

 private:
  PictureRun(const std::string& command, std::vector<Model> models, std::vector<PictureFile> files);
  void before_output();
  void after_output();
  Status finish();

  using Clock = std::chrono::steady_clock;
  std::vector<Model> models_;  // one a worker
  std::vector<PictureFile> files_;
  Failures failures_;
  std::unique_ptr<Progress> progress_;  // null: too few pictures
  std::size_t done_ = 0;                // without those that failed
  Clock::time_point begin_ = Clock::now();
};

}  // namespace effnet
