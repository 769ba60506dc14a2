#pragma once

#include <holysheep/net/buffer.hpp>
#include <holysheep/net/readiness.hpp>
#include <holysheep/net/timers.hpp>

#include <string>

#include <boost/asio/io_context.hpp>

namespace holysheep::net {

/// What one thread runs: its io_context, its deadlines, its sockets' readiness and its memory for bytes on
/// their way. Everything that lives on it is touched by its thread alone; others reach it with
/// `boost::asio::post`.
struct EventLoop {
  boost::asio::io_context io{1};
  Timers timers{io};
  Readiness readiness{io};
  BufferPool buffers;
  std::string scratch;  ///< for heads being written: filled and sent without a wait in between

  using Executor = boost::asio::io_context::executor_type;
};

}  // namespace holysheep::net
