file(GLOB unit_sources CONFIGURE_DEPENDS tests/unit/*.cpp tests/support/*.cpp)
add_executable(unit-tests EXCLUDE_FROM_ALL ${unit_sources})
target_link_libraries(unit-tests PRIVATE shared_exchange shared_workspace catch2)
