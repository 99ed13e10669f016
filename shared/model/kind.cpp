#include "shared/model/kind.h"

#include "shared/base/result.h"

namespace holdfast {

static constexpr KindInfo kinds[] = {
    {Kind::text, "text", Storage::text, 500},          {Kind::multiline, "multiline", Storage::text, 50'000},
    {Kind::boolean, "boolean", Storage::integer, 0},   {Kind::integer, "integer", Storage::integer, 0},
    {Kind::decimal, "decimal", Storage::integer, 0},   {Kind::money, "money", Storage::integer, 0},
    {Kind::date, "date", Storage::integer, 0},         {Kind::instant, "instant", Storage::integer, 0},
    {Kind::choice, "choice", Storage::text, 64},       {Kind::tags, "tags", Storage::text, 100},
    {Kind::ref, "ref", Storage::blob, 0},              {Kind::email, "email", Storage::text, 254},
    {Kind::phone, "phone", Storage::text, 64},         {Kind::url, "url", Storage::text, 2'000},
};

const KindInfo& kind_info(Kind kind) {
  const KindInfo& info = kinds[static_cast<size_t>(kind)];
  HOLDFAST_ASSERT(info.kind == kind);
  return info;
}

}  // namespace holdfast
