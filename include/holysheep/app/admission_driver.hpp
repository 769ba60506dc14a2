#pragma once

#include <holysheep/policy/admission.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holysheep::app {

/// Gives the waiting room its sense of time: one timer, on the App's thread, armed for when the next waiter
/// may be let in. Nobody waiting: no timer.
class AdmissionDriver {
 public:
  AdmissionDriver(boost::asio::io_context& io, Admission& admission);
  ~AdmissionDriver();
  AdmissionDriver(const AdmissionDriver&) = delete;
  AdmissionDriver& operator=(const AdmissionDriver&) = delete;

 private:
  void arm(TimePoint when);

  boost::asio::io_context& io_;
  Admission& admission_;
  boost::asio::basic_waitable_timer<Clock> timer_;
  TimePoint armed_ = never;
};

}  // namespace holysheep::app
