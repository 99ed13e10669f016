# The server and its tools.
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
layer(server/auth shared_workspace argon2 OpenSSL::Crypto)
layer(server/http server_auth shared_exchange OpenSSL::SSL ZLIB::ZLIB zstd)
target_include_directories(server_http SYSTEM PRIVATE ${DEPS}/cpp-httplib)
set_source_files_properties(server/http/http_server.cpp PROPERTIES COMPILE_OPTIONS "-frtti;-fexceptions")
target_sources(server_auth PRIVATE server/node.cpp)

add_executable(holdfast server/main.cpp server/serve.cpp server/commands.cpp server/certificates.cpp)
target_link_libraries(holdfast PRIVATE server_http qrencode)
target_compile_options(holdfast PRIVATE -Wall -Wextra -Wno-restrict)
