#include <holysheep/net/timers.hpp>
#include <holysheep/net/wakeup.hpp>

#include <algorithm>
#include <bit>

namespace holysheep::net {

void Deadline::set(TimePoint due) noexcept {
  due_ = due;
  if (due < slot_time_) timers_.place(*this, due);
}

void Deadline::unlink() noexcept {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_) next_->link_ = link_;
  link_ = nullptr;
  next_ = nullptr;
  slot_time_ = never;
}

std::uint64_t Timers::tick_of(TimePoint when) const noexcept {
  if (when <= base_) return 0;
  // Rounded up, so that nobody is woken early.
  return static_cast<std::uint64_t>((when - base_ + slot_length - Duration(1)) / slot_length);
}

void Timers::place(Deadline& deadline, TimePoint due) noexcept {
  deadline.unlink();
  // Beyond the wheel's horizon: the farthest slot, where it is placed again.
  const auto tick = std::clamp(tick_of(due), done_ + 1, done_ + slots - 1);
  auto& slot = wheel_[tick % slots];
  deadline.next_ = slot;
  if (slot) slot->link_ = &deadline.next_;
  slot = &deadline;
  deadline.link_ = &slot;
  deadline.slot_time_ = base_ + static_cast<std::int64_t>(tick) * slot_length;
  occupied_[tick % slots / 64] |= 1ull << (tick % 64);
  if (!advancing_) arm(tick);
}

void Timers::arm(std::uint64_t tick) noexcept {
  if (tick >= armed_) return;
  armed_ = tick;
  timer_.expires_at(base_ + static_cast<std::int64_t>(tick) * slot_length);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) advance(Clock::now());
  });
}

void Timers::arm_for_next() noexcept {
  for (std::uint64_t tick = done_ + 1; tick < done_ + slots;) {
    const auto word = occupied_[tick % slots / 64] >> (tick % 64);
    if (word != 0) return arm(tick + static_cast<unsigned>(std::countr_zero(word)));
    tick += 64 - tick % 64;
  }
}

void Timers::advance(TimePoint now) {
  if (now < base_) return;
  const auto until = static_cast<std::uint64_t>((now - base_) / slot_length);
  advancing_ = true;
  // A loop that was held up for longer than the wheel is long looks at each slot once.
  for (auto tick = std::max(done_, until >= slots ? until - slots + 1 : 0) + 1; tick <= until; ++tick) {
    auto& slot = wheel_[tick % slots];
    Deadline* later = nullptr;
    done_ = tick;
    while (Deadline* first = slot) {
      first->unlink();
      if (first->due_ > now) {  // moved since, or beyond the horizon: find its slot after this one is empty
        first->next_ = later;
        later = first;
        if (later->next_) later->next_->link_ = &later->next_;
        later->link_ = &later;
      } else {
        first->due_ = never;
        first->sink_.raise(Event::time);
      }
    }
    occupied_[tick % slots / 64] &= ~(1ull << (tick % 64));
    while (Deadline* first = later) {
      first->unlink();
      if (first->due_ != never) place(*first, first->due_);
    }
  }
  done_ = std::max(done_, until);
  advancing_ = false;
  armed_ = ~0ull;
  arm_for_next();
}

}  // namespace holysheep::net
