#pragma once
// Where the benchmarked databases lie, and what only one of the two machines can tell: files natively, a browser's own files in
// a worker there.

#include <cstdint>
#include <string>

namespace holdfast::bench {

std::string place(const std::string& name);  ///< The path of a database.
void forget(const std::string& name);        ///< That database is gone.
void clean();                                ///< All of them are.
/// Bytes by zstd at level 3; in a browser, where the server's part is not built, 0.
int64_t compressed(const std::string& bytes);
int64_t compressed_file(const std::string& name);  ///< The same of that database's file.
double peak_memory_mb();

}  // namespace holdfast::bench
