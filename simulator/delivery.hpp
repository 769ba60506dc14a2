#pragma once
#include <simulator/content.hpp>
#include <simulator/steps.hpp>

namespace holysheep::sim {

/// What the delivery needs of its request.
struct Asked {
  bool head_only = false;
  bool keep_alive = true;
};

/// The ordinary answer, in one piece: for content without pieces.
void append_plain(std::string& out, const Content& content, Asked asked);

/// Any answer, with all that the script does to it.
Steps deliver(Content content, Script script, Asked asked);

}  // namespace holysheep::sim
