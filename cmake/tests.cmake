file(GLOB support_sources CONFIGURE_DEPENDS tests/support/*.cpp)
add_library(test_support STATIC EXCLUDE_FROM_ALL ${support_sources})
target_link_libraries(test_support PUBLIC shared_workspace shared_exchange)
holdfast_warnings(test_support)

file(GLOB unit_sources CONFIGURE_DEPENDS tests/unit/*.cpp)
add_executable(unit-tests EXCLUDE_FROM_ALL ${unit_sources})
target_link_libraries(unit-tests PRIVATE test_support catch2)

if(NOT EMSCRIPTEN)
  add_executable(holdfast-sim tests/sim/main.cpp tests/sim/simulation.cpp tests/sim/reference.cpp)
  target_link_libraries(holdfast-sim PRIVATE test_support xxhash)
endif()
