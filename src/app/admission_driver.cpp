#include <holysheep/app/admission_driver.hpp>

#include <boost/asio/post.hpp>

namespace holysheep::app {

AdmissionDriver::AdmissionDriver(boost::asio::io_context& io, Admission& admission)
    : io_(io), admission_(admission), timer_(io) {
  admission_.on_wake([this](TimePoint when) { boost::asio::post(io_, [this, when] { arm(when); }); });
}

AdmissionDriver::~AdmissionDriver() {
  admission_.on_wake({});
}

void AdmissionDriver::arm(TimePoint when) {
  if (when >= armed_) return;
  armed_ = when;
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed_ = never;
    arm(admission_.pump(Clock::now()));
  });
}

}  // namespace holysheep::app
