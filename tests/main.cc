// Version 2 makes main() here, version 3 brings it in its library.
#define CATCH_CONFIG_MAIN
#include "tests/catch.h"
