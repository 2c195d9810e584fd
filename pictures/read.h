// Pictures of any format that is read here, from memory, files and standard input.
#pragma once

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "pictures/picture.h"

namespace effnet {

inline constexpr std::size_t max_picture_bytes = std::size_t{1} << 30;

// Whether the first bytes (at least 8 unless the file is shorter) are a picture's.
bool is_picture(std::span<const std::byte> file);

// The format is told by the first bytes, never by a name. `where` begins the error's line.
Result<Picture> decode_picture(std::span<const std::byte> file, const std::string& where);

// A file, of no more than max_picture_bytes. Not a pipe: nothing here waits for another program.
Result<Picture> read_picture(const std::string& path);

// All that is left of a stream, no more than max_picture_bytes. Where `picture_only`, what does not begin
// like a picture is refused at once: a file may be of any size.
Result<std::vector<std::byte>> read_stream(std::FILE* stream, bool picture_only, const std::string& where);

}  // namespace effnet
