#include <holysheep/http/whole_events.hpp>

#include <utility>

namespace holysheep::http {

void WholeEvents::pass(Pieces& pieces, bool last) {
  lead_.clear();
  lead_.swap(held_);
  std::size_t whole = 0;    // pieces up to and with the one that holds the last boundary
  std::size_t of_last = 0;  // bytes of that one before the boundary
  std::size_t behind = lead_.size();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::size_t before = tracker_.feed(pieces[i]);
    behind += pieces[i].size();
    if (before == 0) continue;
    whole = i + 1;
    of_last = before;
    behind = pieces[i].size() - before;
  }
  const bool goes_on = begun_ && whole == 0;  // even if nothing came
  if (last || behind > most_held_ || goes_on) {
    begun_ = goes_on || behind > 0;
  } else if (whole == 0) {
    held_.swap(lead_);
    for (const auto piece : pieces) held_ += piece;
    pieces.clear();
  } else {
    begun_ = false;
    held_ = pieces[whole - 1].substr(of_last);
    for (std::size_t i = whole; i < pieces.size(); ++i) held_ += pieces[i];
    pieces.resize(whole);
    pieces.back() = pieces.back().substr(0, of_last);
  }
  if (!lead_.empty()) pieces.insert(pieces.begin(), lead_);
}

bool WholeEvents::torn() const noexcept {
  if (tracker_.at_event_boundary()) return false;
  SseTracker to_its_end = tracker_;  // a last blank line is often forgotten
  to_its_end.feed("\n\n");
  return !to_its_end.ended();
}

}  // namespace holysheep::http
