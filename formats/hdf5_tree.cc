#include "formats/hdf5_tree.h"

#include <array>
#include <set>

#include "base/text.h"

namespace effnet::hdf5 {
namespace {

constexpr int most_levels = 32;
constexpr hsize_t most_objects = 100000;

// A text attribute, of fixed or variable length; empty when there is none.
std::string text_attribute(hid_t object, const char* name) {
  if (H5Aexists(object, name) <= 0) return "";
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(attribute.get()), H5Tclose), space(H5Aget_space(attribute.get()), H5Sclose);
  if (!attribute || !type || !space || H5Tget_class(type.get()) != H5T_STRING) return "";
  if (H5Sget_simple_extent_npoints(space.get()) != 1) return "";
  if (H5Tis_variable_str(type.get()) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute.get(), type.get(), &text) < 0 || text == nullptr) return "";
    std::string copy = text;
    H5free_memory(text);
    return copy;
  }
  std::array<char, 257> text = {};
  if (H5Tget_size(type.get()) >= text.size() || H5Aread(attribute.get(), type.get(), text.data()) < 0)
    return "";
  return text.data();
}

// What says that a dataset's bytes are not plainly in this file; empty when they are.
std::string storage_problem(hid_t dataset) {
  const Handle creation(H5Dget_create_plist(dataset), H5Pclose);
  if (!creation) return "cannot be read";
  if (H5Pget_nfilters(creation.get()) != 0) return "is compressed or filtered, which Keras' files are not";
  const H5D_layout_t layout = H5Pget_layout(creation.get());
  if (layout != H5D_CONTIGUOUS && layout != H5D_COMPACT && layout != H5D_CHUNKED)
    return "is put together from other datasets";
  if (layout == H5D_CONTIGUOUS && H5Pget_external_count(creation.get()) != 0) return "lies in other files";
  return "";
}

class Finder {
 public:
  explicit Finder(std::size_t most_bytes) : left_(most_bytes) {}

  // `path`: of the group in the file; `name`: what its tensors are called by.
  Status visit(hid_t group, const std::string& path, const std::string& name, int level) {
    H5G_info_t info;
    if (H5Gget_info(group, &info) < 0) return damaged(path);
    if (level > most_levels || info.nlinks > most_objects - objects_)
      return Status::error("has too many groups and datasets");
    objects_ += info.nlinks;
    for (hsize_t i = 0; i < info.nlinks; ++i) {
      std::array<char, 512> text = {};
      const auto length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, text.data(),
                                             text.size(), H5P_DEFAULT);
      if (length <= 0 || static_cast<std::size_t>(length) >= text.size()) return damaged(path);
      if (Status status = visit_link(group, text.data(), path, name, level); !status) return status;
    }
    return {};
  }
  std::vector<Dataset> take() { return std::move(found_); }

 private:
  static Status damaged(const std::string& path) {
    return Status::error("is damaged at " + in_quotes("/" + path));
  }

  Status visit_link(hid_t group, const std::string& link, const std::string& path, const std::string& name,
                    int level) {
    const std::string inner = path.empty() ? link : path + "/" + link;
    H5L_info_t info;
    if (H5Lget_info(group, link.c_str(), &info, H5P_DEFAULT) < 0) return damaged(inner);
    if (info.type != H5L_TYPE_HARD)
      return Status::error("has a link instead of data at " + in_quotes("/" + inner));
    const Handle object(H5Oopen(group, link.c_str(), H5P_DEFAULT), H5Oclose);
    if (!object) return damaged(inner);
    const H5I_type_t type = H5Iget_type(object.get());
    if (type == H5I_DATASET) return add(object.get(), inner, name.empty() ? link : name + "/" + link);
    if (type != H5I_GROUP) return {};
    const std::string layer = text_attribute(object.get(), "name");
    const std::string own = layer.empty() ? link : layer;
    return visit(object.get(), inner, name.empty() ? own : name + "/" + own, level + 1);
  }

  Status add(hid_t dataset, const std::string& path, const std::string& name) {
    const Handle type(H5Dget_type(dataset), H5Tclose), space(H5Dget_space(dataset), H5Sclose);
    if (!type || !space) return damaged(path);
    Dataset found{path, {name, Dtype::f32, {}}, 4};
    if (H5Tequal(type.get(), H5T_IEEE_F64LE) > 0) {
      found.tensor.dtype = Dtype::f64;
      found.bytes = 8;
    } else if (H5Tequal(type.get(), H5T_IEEE_F32LE) <= 0) {
      return {};  // counters, seeds, texts
    }
    const int rank = H5Sget_simple_extent_ndims(space.get());
    std::array<hsize_t, max_rank> extents = {};
    if (H5Sis_simple(space.get()) <= 0 || rank < 0 || rank > max_rank ||
        H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr) != rank)
      return damaged(path);
    for (int axis = 0; axis < rank; ++axis) {
      if (__builtin_mul_overflow(found.bytes, extents[axis], &found.bytes)) found.bytes = SIZE_MAX;
      found.tensor.shape.push_back(static_cast<std::int64_t>(extents[axis]));
    }
    if (!names_.insert(name).second)
      return Status::error("has two datasets called " + in_quotes(name) + "; one is at " +
                           in_quotes("/" + path));
    if (found.bytes > left_)
      return Status::error("claims more bytes than the file has, at " + in_quotes("/" + path) + " of shape " +
                           shape_text(found.tensor.shape));
    left_ -= found.bytes;
    if (const std::string problem = storage_problem(dataset); !problem.empty())
      return Status::error("dataset " + in_quotes("/" + path) + " " + problem);
    found_.push_back(std::move(found));
    return {};
  }

  std::size_t left_;
  hsize_t objects_ = 0;
  std::set<std::string> names_;
  std::vector<Dataset> found_;
};

}  // namespace

Result<std::vector<Dataset>> find_datasets(hid_t file, std::size_t most_bytes) {
  const Handle root(H5Gopen2(file, "/", H5P_DEFAULT), H5Gclose);
  if (!root) return Status::error("is damaged: its root cannot be opened");
  Finder finder(most_bytes);
  if (Status status = finder.visit(root.get(), "", "", 0); !status) return status;
  return finder.take();
}

}  // namespace effnet::hdf5
