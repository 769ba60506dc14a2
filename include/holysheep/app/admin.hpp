#pragma once

#include <holysheep/core/result.hpp>
#include <holysheep/proxy/probes.hpp>

#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace holysheep::app {

/// The admin port: `/health`, `/ready`, `/metrics`, `/usage` and `/config`, on the App's own thread, so that
/// a saturated proxy still answers. Outside the data path, so Beast as it comes. One request a connection,
/// within ten seconds.
class Admin {
 public:
  /// Answers a GET for `path`; a status of 404 for a path that is none.
  using Answer = std::function<proxy::ProbeAnswer(std::string_view path)>;

  Admin(boost::asio::io_context& io, Answer answer) : acceptor_(io), answer_(std::move(answer)) {}

  /// Listens and serves from now on. The port that it got, or why not.
  Result<std::uint16_t, std::string> open(const std::string& address, std::uint16_t port);
  void close();

 private:
  class Connection;
  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  Answer answer_;
};

}  // namespace holysheep::app
