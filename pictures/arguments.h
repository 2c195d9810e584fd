// Picture arguments of a command line -> the pictures that they name.
//
//   photo.jpg     a file, whatever its name ends in
//   holiday/      the pictures in a folder and in the folders below it: .png .jpg .jpeg, in the order of their
//                 paths, without hidden ones
//   'dir/*.png'   files and folders that match (* ? []), for shells that do not expand it
//   -             standard input: one picture, or paths of files and folders, one a line
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "pictures/picture.h"

namespace effnet {

struct PictureFile {
  std::string name;  // a path, or "-"
  // What was read from standard input; null: the path is read when the picture is wanted.
  std::shared_ptr<const std::vector<std::byte>> content{};
};

struct PictureFiles {
  std::vector<PictureFile> files;
  std::vector<Status> failures;  // one for each argument that names no picture
};

// Files that are named are not looked at: they may turn out to be missing or no pictures.
PictureFiles find_pictures(const std::vector<std::string>& arguments);

// Pictures of a folder and of the folders below it, as above. None: an error.
Result<std::vector<std::string>> pictures_in(const std::string& folder);

Result<Picture> read_picture(const PictureFile& file);

}  // namespace effnet
