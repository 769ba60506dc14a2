#include <holysheep/proxy/recent_errors.hpp>

#include <utility>

namespace holysheep::proxy {

void RecentErrors::add(Entry entry) {
  for (std::string* text : {&entry.request_id, &entry.client, &entry.model, &entry.route, &entry.check}) {
    if (text->size() > longest_text) text->resize(longest_text);
  }
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  if (entries_.size() == most) entries_.pop_front();
  entries_.push_back(std::move(entry));
}

std::vector<RecentErrors::Entry> RecentErrors::newest_first() const {
  const std::scoped_lock lock(mutex_);
  return {entries_.rbegin(), entries_.rend()};
}

std::string_view check_upstream_status(unsigned status) noexcept {
  switch (status) {
    case 401:
    case 403:
      return "Upstream's own answer: it refused the key. Check HOLYSHEEP_API_KEY, or the client's own key "
             "where "
             "the proxy has none.";
    case 404:
      return "Upstream's own answer: it knows no such path or model. Check the client's base_url and model.";
    case 429:
      return "Upstream's own answer: its rate limit. Lower RATE_LIMIT_PER_SECOND to what the account allows, "
             "so "
             "that requests wait here instead.";
    default:
      return status >= 500
                 ? "Upstream's own answer, after the retries that were allowed. Its body, which the "
                   "client has, says more."
                 : "Upstream's own answer to this request. Its body, which the client has, says more.";
  }
}

}  // namespace holysheep::proxy
