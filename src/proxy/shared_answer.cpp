#include <holysheep/policy/response_cache.hpp>
#include <holysheep/proxy/shared_answer.hpp>

#include <algorithm>
#include <cstring>

namespace holysheep::proxy {

namespace {

constexpr std::size_t first_block_size = 2 * 1024;
constexpr std::size_t largest_block = 16 * 1024;

}  // namespace

/// With the counts that the heap holds beside it.
std::int64_t SharedAnswer::Block::heap_size() const noexcept {
  return static_cast<std::int64_t>(heap_bytes(capacity + 24));
}

SharedAnswer::SharedAnswer(MemoryAccounts& accounts, std::uint64_t most_kept)
    : most_kept_(most_kept), charge_(accounts, MemoryUse::coalescing) {}

SharedAnswer::~SharedAnswer() = default;

void SharedAnswer::on_reading(std::function<void()> needed, std::function<void()> abandoned) {
  needed_ = std::move(needed);
  abandoned_by_all_ = std::move(abandoned);
}

void SharedAnswer::interim(std::string_view head) {
  const std::scoped_lock lock(mutex_);
  interims_ += head;
  tell_all();
}

void SharedAnswer::begin(std::string_view head, std::string_view other_model, TimePoint born, Fared fared,
                         bool for_all, bool resized) {
  const std::scoped_lock lock(mutex_);
  resized_ = resized;
  head_ = head;
  other_model_ = other_model;
  born_ = born;
  fared_ = std::move(fared);
  for_all_ = for_all;
  whole_ = for_all;
  stage_ = Stage::answering;
  tell_all();
}

std::int64_t SharedAnswer::append(std::span<const std::string_view> pieces, bool boundary, bool ended,
                                  const http::Usage& usage, std::string_view model) {
  const std::scoped_lock lock(mutex_);
  usage_ = usage;
  if (answer_model_.empty()) answer_model_ = model;
  boundary_ = boundary;
  ended_ = ended;
  const std::uint64_t before = total_;
  for (const auto piece : pieces) store(piece);
  if (total_ == before) return charge_.bytes();
  if (total_ > most_kept_) whole_ = false;
  if (!whole_) forget_what_all_have_read();
  tell_all();
  return charge_.bytes();
}

void SharedAnswer::store(std::string_view piece) {
  while (!piece.empty()) {
    if (blocks_.empty() || blocks_.back().used == blocks_.back().capacity) {
      // Each as large as all before it: few blocks, and never half of them empty.
      add_block(std::clamp(std::max<std::size_t>(total_, piece.size()), first_block_size, largest_block));
    }
    Block& last = blocks_.back();
    const auto part = piece.substr(0, last.capacity - last.used);
    std::memcpy(last.bytes.get() + last.used, part.data(), part.size());
    last.used += part.size();
    total_ += part.size();
    piece.remove_prefix(part.size());
  }
}

void SharedAnswer::add_block(std::size_t capacity) {
  blocks_.push_back({std::make_shared_for_overwrite<char[]>(capacity), capacity});
  charge_.grow(blocks_.back().heap_size());
}

void SharedAnswer::forget_what_all_have_read() {
  std::uint64_t oldest = first_block_ + blocks_.size();
  for (SharedReader& reader : readers_) {
    if (total_ - reader.offset_ > most_behind + window) reader.cut_ = true;
    if (!reader.cut_) oldest = std::min(oldest, reader.block_);
  }
  while (first_block_ < oldest && blocks_.size() > 1) {
    charge_.grow(-blocks_.front().heap_size());
    blocks_.erase(blocks_.begin());
    ++first_block_;
  }
}

void SharedAnswer::tell_all() {
  for (SharedReader& reader : readers_) {
    if (std::exchange(reader.waits_, false) && reader.more_) reader.more_();
  }
}

void SharedAnswer::keep_no_more() {
  const std::scoped_lock lock(mutex_);
  whole_ = false;
}

bool SharedAnswer::wants_more() {
  const std::scoped_lock lock(mutex_);
  paused_ = std::ranges::none_of(
      readers_, [&](const SharedReader& reader) { return total_ - reader.offset_ < window; });
  return !paused_;
}

void SharedAnswer::complete(std::string_view trailers) {
  const std::scoped_lock lock(mutex_);
  trailers_ = trailers;
  if (!blocks_.empty() && blocks_.back().used < blocks_.back().capacity) {
    const Block last = std::move(blocks_.back());  // its readers hold it
    blocks_.pop_back();
    charge_.grow(-last.heap_size());
    add_block(last.used);
    std::memcpy(blocks_.back().bytes.get(), last.bytes.get(), last.used);
    blocks_.back().used = last.used;
  }
  blocks_.shrink_to_fit();
  stage_ = Stage::complete;
  needed_ = nullptr;
  abandoned_by_all_ = nullptr;
  settled_.store(whole_, std::memory_order_release);
  tell_all();
}

void SharedAnswer::break_off(Fault fault) {
  const std::scoped_lock lock(mutex_);
  fault_ = fault;
  stage_ = Stage::broken;
  tell_all();
}

void SharedAnswer::fail(Fault fault, std::optional<http::EventError> error, Fared fared,
                        std::string_view other_model) {
  const std::scoped_lock lock(mutex_);
  fault_ = fault;
  if (error) other_model_ = other_model;
  error_ = std::move(error);
  fared_ = std::move(fared);
  for_all_ = false;
  stage_ = Stage::failed;
  tell_all();
}

bool SharedAnswer::kept_whole() const {
  const std::scoped_lock lock(mutex_);
  return whole_ && for_all_;
}

std::uint64_t SharedAnswer::heap_size() const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t bytes = sizeof(SharedAnswer);
  for (const std::string* text :
       {&interims_, &head_, &other_model_, &answer_model_, &trailers_, &fared_.detail}) {
    if (text->capacity() > std::string().capacity()) bytes += heap_bytes(text->capacity() + 1);
  }
  if (!blocks_.empty()) bytes += heap_bytes(blocks_.capacity() * sizeof(Block));
  for (const Block& block : blocks_) bytes += static_cast<std::uint64_t>(block.heap_size());
  return bytes;
}

void SharedAnswer::become_coded(const SharedAnswer& plain, std::string_view body) {
  begin(plain.head(), plain.other_model(), plain.born(), {}, true);
  append({&body, 1}, true, false, {}, plain.answer_model_);
  coded_ = true;
  complete({});
}

void SharedAnswer::counted_elsewhere() noexcept {
  const std::scoped_lock lock(mutex_);
  charge_.set(0);
}

SharedReader::SharedReader(std::shared_ptr<SharedAnswer> answer, bool leads)
    : answer_(std::move(answer)), leads_(leads) {
  if (answer_->settled()) {
    joined_ = true;
    return;
  }
  const std::scoped_lock lock(answer_->mutex_);
  joined_ = leads || (answer_->for_all_ && answer_->whole_ && !answer_->abandoned_ &&
                      answer_->stage_ != SharedAnswer::Stage::broken);
  if (!joined_) return;
  linked_ = true;
  answer_->readers_.push_back(*this);
}

void SharedReader::on_more(std::function<void()> raise) {
  const std::scoped_lock lock(answer_->mutex_);
  more_ = std::move(raise);
}

SharedReader::Look SharedReader::look_for_head() {
  using Stage = SharedAnswer::Stage;
  if (!linked_) return {answer_->stage_};
  const std::scoped_lock lock(answer_->mutex_);
  if (!answer_->for_all_ && !leads_) return {Stage::failed};
  waits_ = answer_->stage_ == Stage::asked;
  return {answer_->stage_, answer_->fault_};
}

std::string SharedReader::take_interims() {
  if (!linked_) return {};
  const std::scoped_lock lock(answer_->mutex_);
  const std::size_t seen = std::exchange(interims_seen_, answer_->interims_.size());
  return answer_->interims_.substr(seen);
}

SharedReader::Look SharedReader::look(Pieces& pieces) {
  using Stage = SharedAnswer::Stage;
  pieces.clear();
  held_.clear();
  std::unique_lock lock(answer_->mutex_, std::defer_lock);
  if (linked_) lock.lock();
  Look look{answer_->stage_, answer_->fault_, answer_->boundary_, answer_->ended_};
  if (linked_ && !answer_->for_all_ && !leads_) return {Stage::failed, answer_->fault_};
  if (cut_) return {Stage::broken, Fault::memory_pressure, false};
  while (offset_ < answer_->total_ && pieces.size() < most_blocks) {
    const auto& block = answer_->blocks_[block_ - answer_->first_block_];
    if (within_ == block.used) {  // only a full one has a next
      ++block_;
      within_ = 0;
      continue;
    }
    pieces.emplace_back(block.bytes.get() + within_, block.used - within_);
    held_.push_back(block.bytes);
    offset_ += pieces.back().size();
    within_ = block.used;
  }
  const bool all = offset_ == answer_->total_;
  if (!all && look.stage != Stage::asked) look = {Stage::answering, Fault::none, false};
  waits_ = linked_ && pieces.empty() && all;
  if (linked_ && answer_->paused_ && answer_->total_ - offset_ < SharedAnswer::window) {
    answer_->paused_ = false;
    if (answer_->needed_) answer_->needed_();
  }
  return look;
}

void SharedReader::copy_answer_model(std::string& to) const {
  std::unique_lock lock(answer_->mutex_, std::defer_lock);
  if (linked_) lock.lock();
  to.assign(answer_->answer_model_);
}

http::Usage SharedReader::leave() {
  using Stage = SharedAnswer::Stage;
  if (!linked_) return {};
  const std::scoped_lock lock(answer_->mutex_);
  linked_ = false;
  answer_->readers_.erase(answer_->readers_.iterator_to(*this));
  const bool ended = answer_->stage_ >= Stage::complete;
  const bool last = answer_->readers_.empty();
  if (leads_ && !ended) answer_->leader_left_ = true;
  if (!ended && last) {
    answer_->abandoned_ = true;
    if (answer_->abandoned_by_all_) answer_->abandoned_by_all_();
  } else if (answer_->paused_ && answer_->needed_) {
    answer_->paused_ = false;
    answer_->needed_();  // it may have been the fastest
  }
  const bool alone = last || !answer_->for_all_;  // those who read along ask for themselves then
  const bool tells = leads_ ? ended || alone : answer_->leader_left_ && last;
  if (!tells || std::exchange(answer_->usage_told_, true)) return {};
  return answer_->usage_;
}

}  // namespace holysheep::proxy
