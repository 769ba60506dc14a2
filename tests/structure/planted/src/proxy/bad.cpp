#include <holysheep/app/app.hpp>    // finds: proxy must not include app
#include <simulator/simulator.hpp>  // finds: what ships includes nothing of simulator
#include <holysheep/http/head.hpp>
#include <holysheep/net/stream.hpp>
#include <holysheep/policy/bucket.hpp>
