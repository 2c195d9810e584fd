// Class activation maps over their pictures, with what they mean beside them.
#pragma once

#include <string>
#include <vector>

#include "tasks/class_activation.h"
#include "tasks/text.h"

namespace effnet {

// The part of a picture that a map lies over, in shares of the picture's width and height.
struct MapRegion {
  double left = 0, top = 0, width = 0, height = 0;
};

// What is known of one picture and one network.
struct Explanation {
  std::string label;       // of the class that the map is of
  double probability = 0;  // of that class
  ActivationMap map;
  MapRegion region;
};

// The map over the picture, which is scaled to fit into the box (enlarged, too): colours from the map's
// smallest to its largest value inside of the region that the network saw, pale grey outside of it.
Picture draw_overlay(const Picture& picture, const Explanation& explanation, int box_width, int box_height);

// The overlay, a line with the class and its probability and the scale of colours. `title` stands above.
Picture draw_explanation(const Picture& picture, const Explanation& explanation, const std::string& title);

// What a grid needs of a picture, large ones made smaller.
Picture for_grid(const Picture& picture);

// Rows of pictures, columns of networks.
struct ExplanationGrid {
  std::vector<std::string> columns;  // names of the networks
  struct Row {
    std::string name;
    Picture picture;                 // as for_grid() returns it
    std::vector<Explanation> cells;  // one a column
  };
  std::vector<Row> rows;
};
Result<Picture> draw_grid(const ExplanationGrid& grid);

}  // namespace effnet
