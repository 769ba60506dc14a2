#include <holysheep/app/app.hpp>
#include <holysheep/core/settings.hpp>
int main() {}
