// The one file that compiles Asio's TLS sources, for the tests' clients.
#include <boost/asio/ssl/impl/src.hpp>
