#include <boost/beast/http/fields.hpp>  // finds: net must not know
#include "holysheep/http/head.hpp"      // finds: net must not include http
#include <boost/asio/ip/tcp.hpp>
