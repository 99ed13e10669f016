#include "tests/bench/sides.h"

namespace holdfast::bench {

const Schema& with_conflicts() {
  static const Schema s({&contact(), &conflict});
  return s;
}

void push_all(Device& d, Server& s) {
  int64_t after = must(d.replica->acked_op_no());
  for (;;) {
    const PushRequest push = must(d.replica->next_push(after, SyncSession::push_bytes_usual, d.clock.wall_ms()));
    if (push.bodies.empty()) return;
    const std::string frame = encode_push(push, KeyTable::own(d.ws->tables()));
    d.pushed += static_cast<int64_t>(frame.size());
    const Timer t;
    after = must(decode_push_reply(must(s.authority->push(d.replica->identity().device, frame)).bytes)).last_op_no;
    d.server_ms += t.ms();
    d.replica->confirmed(after);
  }
}

void pull_all(Device& d, Server& s) {
  for (bool complete = false; !complete;) {
    const std::string cursor = must(d.replica->cursor());
    const Timer served;
    const std::string page = must(s.authority->page(d.replica->identity().device, cursor, must(d.replica->acked_op_no()), SyncSession::page_bytes_usual)).bytes;
    d.server_ms += served.ms();
    const Timer zstd;
    d.bytes += compressed(page);
    d.zstd_ms += zstd.ms();
    const Timer t;
    complete = must(d.replica->receive(page));
    d.apply_ms += t.ms();
  }
}

void make(Workspace& ws, const ContactText& c, Edit& edit, const Id& id) {
  edit.create(contact(), id);
  for (uint16_t f = 0; f < 12; f++) edit.set(contact(), id, f, c[f]);
}

static const char* const lean_tables =
    "CREATE TABLE contact(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, ver BLOB, first TEXT, last TEXT, mail TEXT, phone TEXT, company TEXT, title TEXT, street TEXT, city TEXT,"
    " postcode TEXT, country TEXT, web TEXT, note TEXT);"
    "CREATE TABLE outbox(op_no INTEGER PRIMARY KEY, body BLOB);"
    "CREATE TABLE log(seq INTEGER PRIMARY KEY, body BLOB); CREATE TABLE conflict(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kept TEXT, lost TEXT);"
    "CREATE VIRTUAL TABLE contact_search USING fts5(text, content='', contentless_delete=1, detail=none, prefix='2 3', tokenize='unicode61 remove_diacritics 0')";

std::unique_ptr<Database> lean_database(const std::string& name) {
  auto db = must(Database::open(place(name)));
  must(db->execute(lean_tables));
  return db;
}

void lean_insert(Database& db, const Id& id, const ContactText& c) {
  Statement s = db.prepare("INSERT INTO contact(id, ver, first, last, mail, phone, company, title, street, city, postcode, country, web, note) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  s.bind(id).bind_blob("1234");
  for (const std::string& text : c) s.bind(text);
  must(s.run());
}

}  // namespace holdfast::bench
