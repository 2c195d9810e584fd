#include "tests/support/keras_file.h"

#include <hdf5.h>

#include <map>
#include <stdexcept>
#include <vector>

#include "tests/support/seeded.h"

namespace effnet::test {
namespace {

struct Variable {
  std::string name;  // "kernel"
  FloatTensor values;
};

struct KerasLayer {
  std::string name, kind;  // "stem_conv", "conv2d"
  std::vector<Variable> variables;
};

hid_t checked(hid_t id, const std::string& what) {
  if (id < 0) throw std::runtime_error("cannot write " + what);
  return id;
}

// "blocks.3.expand" -> "block2b_expand_conv"; `norm`: the name of its BatchNorm.
std::string keras_name(const Network& network, const std::string& canonical, bool norm) {
  if (canonical == "stem") return norm ? "stem_bn" : "stem_conv";
  if (canonical == "head") return norm ? "top_bn" : "top_conv";
  if (canonical == "classifier") return "predictions";
  const std::size_t dot = canonical.find('.', 7);
  const Block& block = network.blocks.at(std::stoul(canonical.substr(7)));
  const std::string role = canonical.substr(dot + 1);
  const std::string prefix =
      "block" + std::to_string(block.stage + 1) + "abcdefghijklmnopqrstuvwxyz"[block.index] + "_";
  if (role == "expand") return prefix + (norm ? "expand_bn" : "expand_conv");
  if (role == "depthwise") return prefix + (norm ? "bn" : "dwconv");
  if (role == "project") return prefix + (norm ? "project_bn" : "project_conv");
  return prefix + (role == "squeeze_excite.reduce" ? "se_reduce" : "se_expand");
}

// [out][in][y][x] -> [y][x][in][out]; depthwise [channel][1][y][x] -> [y][x][channel][1]; [out][in] -> [in][out].
FloatTensor kernel(const FloatTensor& weight, bool depthwise) {
  const std::vector<std::int64_t>& shape = weight.shape;
  const std::int64_t out = shape[0], in = shape[1], area = shape.size() == 4 ? shape[2] * shape[3] : 1;
  FloatTensor turned{{}, std::vector<float>(weight.values.size())};
  for (std::int64_t o = 0; o < out; ++o)
    for (std::int64_t i = 0; i < in; ++i)
      for (std::int64_t a = 0; a < area; ++a)
        turned.values[(a * in + i) * out + o] = weight.values[(o * in + i) * area + a];
  if (shape.size() == 2) turned.shape = {in, out};
  if (shape.size() == 4) turned.shape = {shape[2], shape[3], in, out};
  if (depthwise) turned.shape = {shape[2], shape[3], out, 1};
  return turned;
}

std::vector<KerasLayer> keras_layers(const Network& network, const FloatTensors& state,
                                     const KerasNormalisation& normalisation) {
  const auto three = [](const std::array<float, 3>& values) {
    return FloatTensor{{3}, {values.begin(), values.end()}};
  };
  std::vector<KerasLayer> layers = {
      {"normalization",
       "normalization",
       {{"mean", three(normalisation.mean)}, {"variance", three(normalisation.variance)}}}};
  for (const TimmLayer& layer : timm_layers(network)) {
    const bool depthwise = layer.folded.ends_with("depthwise");
    const std::string kind = depthwise ? "depthwise_conv2d" : layer.shape.size() == 2 ? "dense" : "conv2d";
    layers.push_back({keras_name(network, layer.folded, false), kind, {}});
    layers.back().variables.push_back(
        {depthwise ? "depthwise_kernel" : "kernel", kernel(find(state, layer.name + ".weight"), depthwise)});
    if (layer.norm.empty()) {
      layers.back().variables.push_back({"bias", find(state, layer.name + ".bias")});
      continue;
    }
    layers.push_back({keras_name(network, layer.folded, true),
                      "batch_normalization",
                      {{"gamma", find(state, layer.norm + ".weight")},
                       {"beta", find(state, layer.norm + ".bias")},
                       {"moving_mean", find(state, layer.norm + ".running_mean")},
                       {"moving_variance", find(state, layer.norm + ".running_var")}}});
  }
  return layers;
}

void write_dataset(hid_t file, const std::string& path, const FloatTensor& tensor) {
  const std::vector<hsize_t> extents(tensor.shape.begin(), tensor.shape.end());
  const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  const hid_t set =
      checked(H5Dcreate2(file, path.c_str(), H5T_IEEE_F32LE, space, links, H5P_DEFAULT, H5P_DEFAULT), path);
  if (H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.values.data()) < 0)
    throw std::runtime_error("cannot write " + path);
  H5Dclose(set);
  H5Pclose(links);
  H5Sclose(space);
}

// Text of variable length, as h5py writes Python's.
void write_name(hid_t file, const std::string& group, const std::string& name) {
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  H5Tset_size(type, H5T_VARIABLE);
  const hid_t object = checked(H5Gopen2(file, group.c_str(), H5P_DEFAULT), group);
  const hid_t attribute = checked(H5Acreate2(object, "name", type, space, H5P_DEFAULT, H5P_DEFAULT), group);
  const char* text = name.c_str();
  H5Awrite(attribute, type, &text);
  H5Aclose(attribute);
  H5Gclose(object);
  H5Sclose(space);
  H5Tclose(type);
}

}  // namespace

void write_keras_file(const std::string& path, const Network& network, const FloatTensors& state,
                      KerasLayout layout, const KerasNormalisation& normalisation) {
  const hid_t file = checked(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), path);
  const bool by_name = layout == KerasLayout::keras2 || layout == KerasLayout::keras2_whole;
  std::map<std::string, int> counts;
  for (const KerasLayer& layer : keras_layers(network, state, normalisation)) {
    const int count = counts[layer.kind]++;
    std::string group =
        (layout == KerasLayout::keras2_counted ? "_layer_checkpoint_dependencies/" : "layers/") + layer.kind +
        (count == 0 ? "" : "_" + std::to_string(count)) + "/vars";
    if (by_name) group = layer.name + "/" + layer.name;
    if (layout == KerasLayout::keras2_whole) group = "model_weights/" + group;
    for (std::size_t i = 0; i < layer.variables.size(); ++i)
      write_dataset(file, group + "/" + (by_name ? layer.variables[i].name + ":0" : std::to_string(i)),
                    layer.variables[i].values);
    if (layout == KerasLayout::keras3) write_name(file, group, layer.name);
  }
  H5Fclose(file);
}

}  // namespace effnet::test
