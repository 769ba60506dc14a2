#pragma once

#include <holysheep/core/result.hpp>
#include <holysheep/proxy/probes.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holysheep::app {

/// What is asked at the admin port, by GET or HEAD. Lent for the call.
struct AdminRequest {
  std::string_view path;    ///< without the query
  std::string_view accept;  ///< the field's value; empty: there is none
};

/// The admin port, on the App's own thread, so that a saturated proxy still answers. Outside the data path,
/// so Beast as it comes. One request a connection, within ten seconds. What is answered runs nothing but what
/// the dashboard brings along itself (`dashboard_policy`), whatever a client had put into a name. A Host that
/// somebody can have in the public DNS gets 421 (`is_local_host`), but on the probes, which tell nothing.
class Admin {
 public:
  /// A status of 404 for a path that is none.
  using Answer = std::function<proxy::ProbeAnswer(const AdminRequest& request)>;

  Admin(boost::asio::io_context& io, Answer answer) : acceptor_(io), pause_(io), answer_(std::move(answer)) {}

  /// Listens and serves from now on. The port that it got, or why not.
  Result<std::uint16_t, std::string> open(const std::string& address, std::uint16_t port);
  void close();

 private:
  class Connection;
  struct Places {};
  void accept();
  void accept_later();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  const std::shared_ptr<const Places> places_ = std::make_shared<Places>();  // each connection holds it
  Answer answer_;
};

}  // namespace holysheep::app
