// effnet: runs networks that effnetc compiled.
#include "effnet.h"
#include "tools/completion.h"
#include "tools/effnet/commands.h"

int main(int argc, char** argv) {
  CLI::App app("Runs EfficientNets that effnetc compiled.", "effnet");
  app.require_subcommand(1);
  app.set_version_flag("--version", EFFNET_VERSION);
  app.footer("Example:\n  effnet classify efficientnet_b0 --weights efficientnet_b0.weights photo.png");
  const effnet::Commands commands = {
      effnet::add_classify(app),  effnet::add_features(app), effnet::add_cam(app),
      effnet::add_run(app),       effnet::add_bench(app),    effnet::add_train(app),
      effnet::add_eval(app),      effnet::add_compare(app),  effnet::add_search(app),
      effnet::add_calibrate(app), effnet::add_info(app),     effnet::add_completion(app)};
  return effnet::run_program(app, commands, argc, argv);
}
