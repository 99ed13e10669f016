#include "shared/exchange/columns.h"

#include <map>

#include "shared/base/text.h"
#include "shared/model/entities.h"

namespace holdfast {

namespace {

struct Words {
  std::string_view target, words;  ///< Words separated by '|', folded, without punctuation.
};

constexpr Words dictionary[] = {
    {"external_id", "id|uid|rec id|record id|contact id|customer id|customer number|kundennummer|kunden nr|external id|key|reference"},
    {"name_prefix", "name prefix|prefix|salutation|honorific|anrede"},
    {"first_name", "first name|firstname|given name|givenname|forename|vorname|first|prenom|nombre"},
    {"middle_name", "middle name|middlename|middle|additional name|zweiter vorname|middle initial"},
    {"last_name", "last name|lastname|surname|family name|familyname|nachname|familienname|last|nom|apellido|apellidos"},
    {"name_suffix", "name suffix|suffix"},
    {"full_name", "name|full name|fullname|contact name|contact|display name|person|kontakt|ansprechpartner|customer name|customer"},
    {"nickname", "nickname|nick name|spitzname"},
    {"job_title", "job title|jobtitle|job|position|role|funktion|berufsbezeichnung|organization title|organization 1 title|beruf|occupation"},
    {"company_name", "company|company name|organisation|organization|firma|firmenname|unternehmen|employer|account|account name|organization name|organization 1 name|business|societe|empresa"},
    {"birthday", "birthday|birth date|birthdate|date of birth|dob|geburtstag|geburtsdatum|born"},
    {"do_not_call", "do not call|donotcall|nicht anrufen"},
    {"tags", "tags|tag|labels|categories|category|group membership|schlagworte|kategorien"},
    {"note", "notes|note|comment|comments|remarks|description|bemerkung|bemerkungen|notiz|notizen|kommentar"},
    {"email", "email|e mail|mail|email address|e mail address|e mail 1 value|primary email|emailadresse|e mail adresse|email 1|e mail 1|email2|email 2|e mail 2|e mail 2 value|email 3|e mail 3 value|correo"},
    {"phone.work", "phone|telephone|tel|telefon|phone number|business phone|work phone|office phone|phone 1 value|primary phone|telefonnummer|telefon geschaftlich|phone 1|phone1|tel work|telephone number|phone work|rufnummer|telefono"},
    {"phone.mobile", "mobile|mobile phone|cell|cell phone|cellphone|handy|mobil|mobiltelefon|mobilnummer|phone 2 value|phone 2|phone2|mobile number|phone mobile|mobile no"},
    {"phone.home", "home phone|phone home|telefon privat|private phone|phone 3 value"},
    {"phone.fax", "fax|business fax|fax number|telefax|home fax"},
    {"web", "website|web|url|homepage|web page|webseite|web site|website 1 value"},
    {"address.street", "street|address|address 1|address line 1|street address|strasse|street 1|addr|address1|street name|adresse|business street|home street|mailing street|address 1 street|anschrift"},
    {"address.number", "street number|house number|house no|hausnummer|hausnr|street no|nr"},
    {"address.street2", "address 2|address line 2|street 2|address2|adresszusatz|unit|apartment|suite"},
    {"address.city", "city|town|suburb|locality|ort|stadt|address city|business city|home city|mailing city|address 1 city|wohnort|ville|ciudad"},
    {"address.postcode", "postcode|post code|postal code|zip|zip code|plz|postleitzahl|postalcode|zipcode|business postal code|home postal code|mailing zip|address 1 postal code"},
    {"address.region", "state|region|province|county|bundesland|address state|business state|home state|state province|address 1 region|mailing state"},
    {"address.country", "country|land|address country|country region|business country region|home country|address 1 country|mailing country|pays|pais"},
    {"industry", "industry|branche|sector"},
    {"size", "employees|size|company size|mitarbeiter|number of employees"},
    {"annual_revenue", "annual revenue|revenue|umsatz|turnover"},
    {"customer_since", "customer since|kunde seit"},
};

}  // namespace

std::string_view known_column(std::string_view header) {
  static const std::map<std::string, std::string_view, std::less<>> words = [] {
    std::map<std::string, std::string_view, std::less<>> out;
    for (const Words& entry : dictionary)
      for (const std::string& word : split(entry.words, '|')) out.emplace(word, entry.target);
    return out;
  }();
  // "GivenName" reads as two words, as "given_name" does.
  std::string spaced;
  for (size_t i = 0; i < header.size(); i++) {
    if (i && header[i] >= 'A' && header[i] <= 'Z' && header[i - 1] >= 'a' && header[i - 1] <= 'z') spaced += ' ';
    spaced += header[i];
  }
  auto found = words.find(search_text(spaced));
  if (found == words.end()) found = words.find(search_text(header));
  return found == words.end() ? std::string_view() : found->second;
}

std::vector<ColumnTarget> column_targets(const Entity& entity) {
  std::vector<ColumnTarget> out = {{"", "Leave out"}, {"note", "Keep in the notes"}, {"external_id", "Identifier"}};
  if (&entity == &person) out.push_back({"full_name", "Full name"});
  for (const FieldDef& f : entity.fields)
    if (!f.options.hidden && !f.options.retired && f.kind != Kind::ref && f.key != "notes") out.push_back({f.key, f.label});
  if (&entity == &person) out.push_back({"company_name", "Company"});
  for (const ColumnTarget& t : {ColumnTarget{"email", "E-mail"}, {"phone.work", "Work phone"}, {"phone.mobile", "Mobile phone"}, {"phone.home", "Home phone"},
                                {"phone.fax", "Fax"}, {"web", "Web address"}, {"address.street", "Street"}, {"address.number", "House number"},
                                {"address.street2", "Second address line"}, {"address.postcode", "Postcode"}, {"address.city", "City"},
                                {"address.region", "State or region"}, {"address.country", "Country"}})
    out.push_back(t);
  return out;
}

}  // namespace holdfast
