# Third-party parts, brought in by scripts/setup. Each becomes one target.

set(sqlite_flags SQLITE_TEMP_STORE=3 SQLITE_ENABLE_FTS5 SQLITE_OMIT_LOAD_EXTENSION SQLITE_DQS=0 SQLITE_DEFAULT_MEMSTATUS=0
  SQLITE_OMIT_DEPRECATED SQLITE_OMIT_SHARED_CACHE SQLITE_LIKE_DOESNT_MATCH_BLOBS)
add_library(sqlite STATIC ${SQLITE}/sqlite3.c)
target_include_directories(sqlite SYSTEM PUBLIC ${SQLITE})
target_compile_definitions(sqlite PRIVATE ${sqlite_flags})
target_compile_options(sqlite PRIVATE -w)

add_library(utf8proc STATIC ${DEPS}/utf8proc/utf8proc.c)
target_include_directories(utf8proc SYSTEM PUBLIC ${DEPS}/utf8proc)
target_compile_definitions(utf8proc PUBLIC UTF8PROC_STATIC)
target_compile_options(utf8proc PRIVATE -w)

add_library(json INTERFACE)
target_include_directories(json SYSTEM INTERFACE ${DEPS}/include)
add_library(xxhash INTERFACE)
target_include_directories(xxhash SYSTEM INTERFACE ${DEPS}/include)

add_library(catch2 STATIC EXCLUDE_FROM_ALL ${DEPS}/catch2/extras/catch_amalgamated.cpp)
target_include_directories(catch2 SYSTEM PUBLIC ${DEPS}/catch2/extras)
target_compile_options(catch2 PRIVATE -w -O1)

if(EMSCRIPTEN)
  target_compile_definitions(sqlite PRIVATE SQLITE_OS_OTHER=1 SQLITE_THREADSAFE=0)
  target_compile_definitions(catch2 PUBLIC CATCH_CONFIG_DISABLE_EXCEPTIONS CATCH_CONFIG_NO_POSIX_SIGNALS)
  target_compile_options(json INTERFACE -DJSON_NOEXCEPTION)
else()
  target_compile_definitions(sqlite PRIVATE SQLITE_THREADSAFE=1)
  find_package(Threads REQUIRED)
  target_link_libraries(sqlite PUBLIC Threads::Threads m)
endif()
