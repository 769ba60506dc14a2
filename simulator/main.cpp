#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <string>

#include <simulator/simulator.hpp>

namespace {

using holysheep::sim::Options;

constexpr const char* usage =
    "holysheep-simulator [--port N] [--control-port N] [--address IP] [--http] [--threads N] [--no-record]\n"
    "  [--make-ca DIR [--certificate server|expired|wronghost|selfsigned|otherca] | --cert FILE --key FILE]\n"
    "  [--tls-fault handshake-close|handshake-stall|tls11-only] [--max-requests-per-connection N]\n"
    "  [--idle-close MS] [--accept-pause] [--script TEXT]\n";

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "holysheep-simulator: %s\n%s", what.c_str(), usage);
  std::exit(64);
}

template <class Number>
Number number(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) fail("not a number: " + text);
  return value;
}

using Setters = std::map<std::string, std::function<void(Options&, const std::string&)>>;

const Setters& valued() {
  static const Setters setters{
      {"--port", [](Options& o, const std::string& v) { o.port = number<std::uint16_t>(v); }},
      {"--control-port", [](Options& o, const std::string& v) { o.control_port = number<std::uint16_t>(v); }},
      {"--address", [](Options& o, const std::string& v) { o.address = v; }},
      {"--threads", [](Options& o, const std::string& v) { o.threads = number<unsigned>(v); }},
      {"--make-ca", [](Options& o, const std::string& v) { o.certificate_folder = v; }},
      {"--certificate", [](Options& o, const std::string& v) { o.certificate = v; }},
      {"--cert", [](Options& o, const std::string& v) { o.certificate_file = v; }},
      {"--key", [](Options& o, const std::string& v) { o.key_file = v; }},
      {"--script", [](Options& o, const std::string& v) { o.script = v; }},
      {"--max-requests-per-connection",
       [](Options& o, const std::string& v) { o.max_requests_per_connection = number<std::uint64_t>(v); }},
      {"--idle-close",
       [](Options& o, const std::string& v) {
         o.idle_close = std::chrono::milliseconds(number<std::uint32_t>(v));
       }},
      {"--tls-fault",
       [](Options& o, const std::string& v) {
         if (!holysheep::sim::parse_tls_fault(v, o.tls_fault)) fail("unknown TLS fault: " + v);
       }},
  };
  return setters;
}

const Setters& flags() {
  static const Setters setters{
      {"--http", [](Options& o, const std::string&) { o.tls = false; }},
      {"--no-record", [](Options& o, const std::string&) { o.record = false; }},
      {"--accept-pause", [](Options& o, const std::string&) { o.accept_paused = true; }},
  };
  return setters;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help") {
      std::fputs(usage, stdout);
      std::exit(0);
    }
    if (const auto flag = flags().find(name); flag != flags().end()) {
      flag->second(options, {});
    } else if (const auto setter = valued().find(name); setter == valued().end()) {
      fail("unknown option " + name);
    } else if (++i == argc) {
      fail(name + " needs a value");
    } else {
      setter->second(options, argv[i]);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  try {
    const holysheep::sim::Simulator simulator(parse(argc, argv));
    std::printf("listening on %s control http://127.0.0.1:%u\n", simulator.url().c_str(),
                static_cast<unsigned>(simulator.control_port()));
    std::fflush(stdout);
    int signal = 0;
    sigwait(&ends, &signal);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
