#pragma once

#include <holysheep/core/clock.hpp>
#include <holysheep/core/fault.hpp>
#include <holysheep/http/first_event.hpp>
#include <holysheep/http/usage_scan.hpp>
#include <holysheep/policy/memory_accounts.hpp>
#include <holysheep/proxy/fared.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/static_vector.hpp>
#include <boost/intrusive/list.hpp>

namespace holysheep::proxy {

class SharedReader;
using SharedReaderHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::safe_link>>;

/// One answer of upstream that several clients may read, while it comes and after: its head as it came, its
/// body without transfer coding, in blocks that are never written twice. One Fetch writes it, on its event
/// loop; each client has a SharedReader, on its own. Once complete it is what the cache keeps, and is read
/// without a lock.
///
/// Its pace is the fastest reader's: no more than `window` bytes are fetched ahead of it, so that a client
/// that reads slowly slows upstream while it is alone, and nobody when it is not. The whole body is kept as
/// long as it is at most `most_kept`: then who comes late gets what has passed, and nobody can fall behind.
/// Past that it lets nobody in, what all have read goes, and a reader more than `most_behind` behind is cut.
class SharedAnswer {
 public:
  static constexpr std::uint64_t window = 64 * 1024;
  static constexpr std::uint64_t most_behind = 1024 * 1024;

  enum class Stage : unsigned char {
    asked,      ///< upstream has not answered yet
    answering,  ///< the head is there, the body comes
    complete,
    broken,  ///< cut after its head
    failed,  ///< no answer that could be read: the leader has to say why, others are on their own again
  };

  SharedAnswer(MemoryAccounts& accounts, std::uint64_t most_kept);
  SharedAnswer(const SharedAnswer&) = delete;
  SharedAnswer& operator=(const SharedAnswer&) = delete;
  ~SharedAnswer();

  // For the Fetch.

  /// Called from any thread: `needed` when readers have come near the end of what is there, `abandoned` when
  /// the last one has left before the end. Before anybody reads.
  void on_reading(std::function<void()> needed, std::function<void()> abandoned);
  /// A 1xx answer's head, for those who wait already.
  void interim(std::string_view head);
  /// The answer begins. `for_all` false: it may not be shared, so all but the leader are on their own again.
  /// `resized`: the body that follows may be shorter than its head says.
  void begin(std::string_view head, std::string_view other_model, TimePoint born, Fared fared, bool for_all,
             bool resized = false);
  /// `boundary`: behind these pieces something may be put in. `ended`: the stream's own end is among what
  /// came. `model`: the one that the answer names, as far as it
  /// has come. Gives the bytes of the blocks held now.
  std::int64_t append(std::span<const std::string_view> pieces, bool boundary, bool ended,
                      const http::Usage& usage, std::string_view model = {});
  /// From now on only what its readers have before them is held, and nobody may join.
  void keep_no_more();
  /// False while all readers have more than `window` before them: `needed` will say when that has changed.
  bool wants_more();
  void complete(std::string_view trailers);
  void break_off(Fault fault);
  /// `other_model`: whose stream began with `error`, where it is not the one asked for.
  void fail(Fault fault, std::optional<http::EventError> error, Fared fared,
            std::string_view other_model = {});

  /// Is the whole of it here, for whoever comes?
  [[nodiscard]] bool kept_whole() const;
  /// What a cache has to count for it: this object and the blocks it owns, as the heap has them. After
  /// `complete`.
  [[nodiscard]] std::uint64_t heap_size() const;
  /// Instead of `begin` and all that follows: a copy of a kept answer whose body is `body`, its gzip coding.
  void become_coded(const SharedAnswer& plain, std::string_view body);
  /// From now on the cache counts it.
  void counted_elsewhere() noexcept;
  // For whoever reads, once the reader has seen `answering` or later.

  [[nodiscard]] std::string_view head() const noexcept { return head_; }
  [[nodiscard]] std::string_view other_model() const noexcept { return other_model_; }
  [[nodiscard]] TimePoint born() const noexcept { return born_; }
  [[nodiscard]] const Fared& fared() const noexcept { return fared_; }
  [[nodiscard]] const std::optional<http::EventError>& error() const noexcept { return error_; }
  /// The length that its head tells may not be its body's.
  [[nodiscard]] bool resized() const noexcept { return resized_; }
  /// Its body is upstream's compressed here, all of it.
  [[nodiscard]] bool coded() const noexcept { return coded_; }
  /// After `complete`.
  [[nodiscard]] std::string_view trailers() const noexcept { return trailers_; }
  /// Of the body so far; after `complete` all of it.
  [[nodiscard]] std::uint64_t size() const noexcept { return total_; }

 private:
  friend class SharedReader;
  /// What lies before `used`, as a reader has seen that under the lock, is never written again.
  struct Block {
    std::shared_ptr<char[]> bytes;
    std::size_t capacity;
    std::size_t used = 0;
    [[nodiscard]] std::int64_t heap_size() const noexcept;
  };
  using Readers = boost::intrusive::list<SharedReader, boost::intrusive::base_hook<SharedReaderHook>>;

  /// Complete, whole and so immutable: no lock is needed to read it.
  [[nodiscard]] bool settled() const noexcept { return settled_.load(std::memory_order_acquire); }
  void store(std::string_view piece);
  void forget_what_all_have_read();
  void tell_all();
  void add_block(std::size_t capacity);

  mutable std::mutex mutex_;  // guards all below until `settled_`; what "for whoever reads" gives is written
                              // before the stage that lets it be read
  std::atomic<bool> settled_{false};
  Stage stage_ = Stage::asked;
  bool for_all_ = true;
  bool whole_ = true;  // from its first byte, and so for latecomers
  bool abandoned_ = false;
  bool paused_ = false;  // the Fetch waits for `needed_`
  bool leader_left_ = false;
  bool usage_told_ = false;
  bool boundary_ = true;
  bool ended_ = false;
  bool coded_ = false;
  bool resized_ = false;
  Fault fault_ = Fault::none;
  Readers readers_;
  std::function<void()> needed_;
  std::function<void()> abandoned_by_all_;

  std::string interims_;  // one behind the other
  std::string head_;
  std::string other_model_;
  std::string answer_model_;
  std::string trailers_;
  TimePoint born_{};
  Fared fared_;
  std::optional<http::EventError> error_;
  http::Usage usage_;

  const std::uint64_t most_kept_;
  std::vector<Block> blocks_;
  std::uint64_t first_block_ = 0;  // the number of blocks_[0], counted from the answer's beginning
  std::uint64_t total_ = 0;
  MemoryCharge charge_;
};

/// One client's place in a SharedAnswer. Leaves it when it goes. One event loop, but for what the answer
/// itself does with it under its lock.
class SharedReader : public SharedReaderHook {
 public:
  static constexpr std::size_t most_blocks = 4;
  using Pieces = boost::container::static_vector<std::string_view, most_blocks>;

  /// `leads`: it is for this one that upstream was asked.
  SharedReader(std::shared_ptr<SharedAnswer> answer, bool leads);
  SharedReader(const SharedReader&) = delete;
  SharedReader& operator=(const SharedReader&) = delete;
  ~SharedReader() { leave(); }

  /// False: nobody can join this answer any more (abandoned, not for all, or not kept whole).
  [[nodiscard]] bool joined() const noexcept { return joined_; }
  [[nodiscard]] bool leads() const noexcept { return leads_; }
  /// It was complete when this reader came: nothing to wait for, no `on_more` needed.
  [[nodiscard]] bool kept() const noexcept { return !linked_; }
  /// Called, from any thread, when there may be more to see after a `look` that showed nothing new.
  void on_more(std::function<void()> raise);

  /// The 1xx answers that came since it was asked last: heads, one behind the other.
  std::string take_interims();

  struct Look {
    SharedAnswer::Stage stage;  ///< `complete`, `broken`: with these pieces nothing comes after them
    Fault fault = Fault::none;  ///< with broken and failed
    bool boundary = true;       ///< behind the pieces a ping or an error may be put in
    bool ended = false;         ///< with the pieces the stream's own end has come
  };
  /// Only what stage it is at. At `asked`, `on_more`'s function is called once that has changed.
  Look look_for_head();
  /// What is next, behind what the last look showed, as far as it goes into `pieces`; they stay until the
  /// next look. Without any, `on_more`'s function is called once there are, or the stage has changed.
  Look look(Pieces& pieces);

  [[nodiscard]] const SharedAnswer& answer() const noexcept { return *answer_; }
  [[nodiscard]] const std::shared_ptr<SharedAnswer>& shared() const noexcept { return answer_; }
  /// Puts the model that the answer names, as far as that has come, in the place of `to`.
  void copy_answer_model(std::string& to) const;
  /// Leaves. What the answer has cost, as far as it came, is told to one of its readers: to the leader, or,
  /// if that left before the end, to the last.
  http::Usage leave();

 private:
  friend class SharedAnswer;

  std::shared_ptr<SharedAnswer> answer_;
  const bool leads_;
  bool joined_ = false;
  bool linked_ = false;
  bool waits_ = false;
  bool cut_ = false;
  std::function<void()> more_;
  std::size_t interims_seen_ = 0;  // bytes
  std::uint64_t offset_ = 0;       // of the next byte
  std::uint64_t block_ = 0;        // which holds it
  std::size_t within_ = 0;         // before it in that block
  boost::container::static_vector<std::shared_ptr<const char[]>, most_blocks> held_;
};

}  // namespace holysheep::proxy
