#include <boost/asio/io_context.hpp>  // finds: policy must not know
#include <sys/socket.h>               // finds: policy must not know
#include <holysheep/http/head.hpp>    // finds: policy must not include http
#include <holysheep/net/stream.hpp>   // finds: policy must not include net
#include <holysheep/core/clock.hpp>
#include <holysheep/policy/other.hpp>
