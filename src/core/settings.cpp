#include <holysheep/core/settings.hpp>
