#pragma once
// One card of an address book as a row to import.

#include "shared/exchange/import_source.h"
#include "shared/exchange/vcard.h"

namespace holdfast {

ImportRow row_from_card(const Vcard&);

/// Identity of a row that brings none of its own: a hash of its normalised text.
std::string row_hash(std::string_view normalised);

}  // namespace holdfast
