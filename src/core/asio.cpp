// The one file that compiles Asio's sources: every other only declares them (compile time).
#include <boost/asio/impl/src.hpp>
