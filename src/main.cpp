#include <holysheep/app/app.hpp>
#include <holysheep/app/command_line.hpp>

#include <iostream>

int main(int argc, char** argv) {
  return holysheep::app::main(argc, argv, std::cout, std::cerr);
}
