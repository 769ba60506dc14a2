#include <holysheep/app/app.hpp>     // finds: core must not include app
#include <holysheep/http/head.hpp>   // finds: core must not include http
#include <holysheep/core/clock.hpp>
#include <string>
