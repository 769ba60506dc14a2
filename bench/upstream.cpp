// The upstream for plain requests: TLS 1.3, keep-alive, one answer of 1 KiB, or BODY's, to whatever is
// asked, and as little work as that allows, so that it and the load generator can keep a proxy busy from one
// CPU. One epoll loop.
//
//   holysheep-bench-upstream CERTIFICATE KEY [BODY]
//
// Prints "listening on PORT" and serves until SIGTERM.
#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "bench-upstream: %s\n", what);
  std::exit(1);
}

std::string make_body() {
  std::string body =
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1767225600,"model":"gpt-4.1",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":")";
  const std::string tail =
      R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":180,)"
      R"("total_tokens":380}})";
  return body.append(1024 - body.size() - tail.size(), 'x').append(tail);
}

std::string read_body(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("the body cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string make_answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 01 Jan 2029 00:00:00 GMT\r\n"
         "X-Request-Id: req_0123456789abcdef\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The length of the first whole request in `bytes`; 0 while it is not all there. Knows Content-Length alone,
/// in the spellings that the proxies under test use.
std::size_t request_length(std::string_view bytes) {
  const std::size_t head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::size_t field = bytes.substr(0, head).find("\r\nContent-Length: ");
  if (field == std::string_view::npos) field = bytes.substr(0, head).find("\r\ncontent-length: ");
  std::size_t body = 0;
  if (field != std::string_view::npos) std::from_chars(bytes.data() + field + 18, bytes.data() + head, body);
  const std::size_t whole = head + 4 + body;
  return bytes.size() >= whole ? whole : 0;
}

class Connection {
 public:
  Connection(SSL_CTX* context, int epoll, int fd) : ssl_(SSL_new(context)), epoll_(epoll), fd_(fd) {
    SSL_set_fd(ssl_, fd);
    SSL_set_accept_state(ssl_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    SSL_free(ssl_);
    ::close(fd_);
  }

  /// False: over.
  bool on_event(const std::string& answer) {
    if (!unsent_.empty() && !write()) return false;
    return !unsent_.empty() || on_readable(answer);
  }

 private:
  bool on_readable(const std::string& answer) {
    std::array<char, 16384> buffer;
    for (;;) {
      const int length = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
      if (length <= 0) return SSL_get_error(ssl_, length) == SSL_ERROR_WANT_READ;
      received_.append(buffer.data(), static_cast<std::size_t>(length));
      while (const std::size_t whole = request_length(received_)) {
        received_.erase(0, whole);
        unsent_ = answer;  // one request at a time is outstanding
        if (!write()) return false;
      }
      if (SSL_pending(ssl_) == 0) return true;
    }
  }

  /// As much as goes, and the rest when the socket takes more.
  bool write() {
    const bool waited = std::exchange(waits_, false);
    while (!unsent_.empty() && !waits_) {
      const int sent = SSL_write(ssl_, unsent_.data(), static_cast<int>(unsent_.size()));
      if (sent > 0) {
        unsent_.remove_prefix(static_cast<std::size_t>(sent));
      } else if (SSL_get_error(ssl_, sent) == SSL_ERROR_WANT_WRITE) {
        waits_ = true;
      } else {
        return false;
      }
    }
    if (waits_ == waited) return true;
    epoll_event event{};
    event.events = waits_ ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = this;
    return ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event) == 0;
  }

  SSL* ssl_;
  int epoll_;
  int fd_;
  bool waits_ = false;  // for the socket to take more
  std::string_view unsent_;
  std::string received_;
};

SSL_CTX* make_context(const char* certificate, const char* key) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
    fail("certificate or key cannot be read");
  }
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  return context;
}

int listen_on_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(fd, 1024) != 0)
    fail("cannot listen");
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  std::printf("listening on %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

void watch(int epoll, int fd, void* who) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = who;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("cannot watch a connection");
}

void accept_one(int epoll, int listener, SSL_CTX* context) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(
      epoll, fd,
      std::make_unique<Connection>(context, epoll, fd).release());  // owned by the epoll set until it is over
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) fail("usage: CERTIFICATE KEY [BODY]");
  std::signal(SIGPIPE, SIG_IGN);  // a proxy may close when its client does
  SSL_CTX* context = make_context(argv[1], argv[2]);
  const std::string answer = make_answer(argc == 4 ? read_body(argv[3]) : make_body());
  const int listener = listen_on_loopback();
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener, nullptr);
  std::array<epoll_event, 128> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (connection == nullptr) {
        accept_one(epoll, listener, context);
      } else if (!connection->on_event(answer)) {
        delete connection;
      }
    }
  }
}
