// The one place that includes Catch2: version 2 here, version 3 is one edit.
#pragma once
#include <catch2/catch.hpp>
