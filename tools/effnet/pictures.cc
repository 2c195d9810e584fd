#include "tools/effnet/pictures.h"

#include <cstdio>

#include "base/message.h"
#include "base/sha256.h"

namespace effnet {
namespace {

// From here on people want to know how far it is and how fast it was.
constexpr std::size_t many_pictures = 10;

}  // namespace

void add_picture_options(CLI::App& app, PictureOptions& options) {
  app.add_option("PICTURE", options.arguments,
                 "PNG and JPEG files, folders of them, patterns in quotes, - for standard input (a picture, "
                 "or paths)")
      ->required()
      ->type_name("");
  app.add_option("--jobs", options.jobs, "pictures worked on at the same time (default: cores / threads)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
}

void add_crops_option(CLI::App& app, int& crops) {
  app.add_option("--crops", crops,
                 "also N seeded parts of each picture, brighter or darker, and everything mirrored")
      ->type_name("N")
      ->check(CLI::Range(0, 10000));
}

AugmentationOptions augmentation_of(int crops) {
  return crops == 0 ? AugmentationOptions{}
                    : AugmentationOptions{.flip = true, .crops = crops, .brightness = true};
}

Result<std::vector<View>> views_of(const Picture& picture, int crops) {
  if (crops == 0) return std::vector<View>{View()};
  const Result<std::string> digest = sha256(std::as_bytes(std::span(picture.rgb)));
  if (!digest) return digest.status();
  return make_views(augmentation_of(crops), *digest);
}

void Failures::add(const Status& failure) {
  if (!last_.ok()) print_error(command_, last_.message());
  last_ = failure;
}

PictureRun::PictureRun(const std::string& command, std::vector<Model> models, std::vector<PictureFile> files)
    : models_(std::move(models)), files_(std::move(files)), failures_(command) {
  expect_runs(1);
}

void PictureRun::expect_runs(std::size_t of_each) {
  if (!progress_ && files_.size() * of_each >= many_pictures)
    progress_ = std::make_unique<Progress>("pictures", static_cast<double>(files_.size()));
}

Result<PictureRun> PictureRun::start(const std::string& command, const ModelOptions& model,
                                     PictureFiles pictures, int jobs) {
  std::vector<Model> models;
  Result<Model> first = Model::open(model);
  if (!first) return first.status();
  models.push_back(*std::move(first));
  const int workers = jobs > 0 ? std::min(jobs, static_cast<int>(pictures.files.size()))
                               : default_workers(pictures.files.size(), model.threads);
  while (static_cast<int>(models.size()) < workers) {
    Result<Model> next = Model::open(model);
    if (!next) return next.status();
    models.push_back(*std::move(next));
  }
  PictureRun run(command, std::move(models), std::move(pictures.files));
  for (const Status& failure : pictures.failures) run.failures_.add(failure);
  return run;
}

void PictureRun::before_output() {
  if (progress_) progress_->clear();
}

void PictureRun::after_output() {
  if (progress_) progress_->advance();
}

Status PictureRun::finish() {
  if (progress_) {
    progress_->clear();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    std::fprintf(stderr, "%zu pictures in %.2f s, %.1f a second\n", done_, seconds,
                 static_cast<double>(done_) / std::max(seconds, 1e-9));
  }
  return failures_.last();
}

}  // namespace effnet
