#include <boost/asio/buffer.hpp>        // finds: http must not know
#include <holysheep/net/stream.hpp>     // finds: http must not include net
#include <holysheep/policy/bucket.hpp>  // finds: http must not include policy
#include <holysheep/http/head.hpp>
