#pragma once
// A device with the app on it, without a screen: what a person finds by role and name, does, and then sees.

#include <imgui.h>

#include <catch_amalgamated.hpp>
#include <map>

#include "client/platform/headless/headless.h"
#include "client/screens/screens.h"
#include "tests/support/world.h"

namespace holdfast::test {

/// A device with the app on it, connected to a real core of a server.
struct Phone {
  TestClock time;
  ServerNode server{"ui-server", 1, &time};
  DeviceNode device{"ui-device", 2, &time};
  Headless platform{device.clock, device.random};
  std::unique_ptr<App> app;
  Id me;
  float width = 390, height = 844;
  bool online = true;

  Phone() {
    me = server.ws->new_id();
    Edit edit;
    edit.create(member, me);
    edit.set(member, me, member.name, std::string("Anna Berg"));
    must(server.ws->commit(edit, "member"));
    device.sign_in(server, me, "phone");
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
    text::add_fonts(platform.glyphs());
    set_language(Language::english);
    app = std::make_unique<App>(platform, *device.db, *device.ws, *device.replica);
    app->around.name = "Anna Berg";
    app->around.role = "admin";
    app->sync_soon();
    settle();
  }
  ~Phone() {
    app.reset();
    for (ImTextureData* t : ImGui::GetPlatformIO().Textures) t->SetStatus(ImTextureStatus_Destroyed);
    ImGui::DestroyContext();
  }
  /// Frames and answers until nothing is left to do.
  void settle() {
    for (int i = 0; i < 200; i++) {
      frame();
      if (platform.requests.empty()) {
        if (i > 1 && app->idle()) return;
        continue;
      }
      const Headless::Request r = platform.requests.front();
      platform.requests.erase(platform.requests.begin());
      if (!online) {
        app->on_fetched(r.number, 0, "");
        continue;
      }
      const auto [status, body] = server.answer(device.replica->identity().device, {r.method, r.path, r.body});
      app->on_fetched(r.number, status, body);
    }
    FAIL("the app does not come to rest");
  }
  void frame() {
    ImGui::GetIO().DisplaySize = {width, height};
    ImGui::GetIO().DeltaTime = 1.f / 60;
    double wait = 0;
    app->draw(width, height, 0, wait);
    for (ImTextureData* t : ImGui::GetPlatformIO().Textures) {
      if (t->Status == ImTextureStatus_WantCreate || t->Status == ImTextureStatus_WantUpdates) t->SetStatus(ImTextureStatus_OK);
      if (t->Status == ImTextureStatus_WantDestroy) t->SetStatus(ImTextureStatus_Destroyed);
    }
    check_dialog();
  }
  /// The page's elements take the taps: what stands in a dialog has its element inside it.
  void check_dialog() {
    std::map<uint32_t, const SemanticNode*> nodes;
    for (const SemanticNode& n : app->kit.semantics().nodes()) nodes[n.id] = &n;
    for (const auto& [id, n] : nodes) {
      const SemanticNode* around = n->parent ? nodes.at(n->parent) : nullptr;
      while (around && around->role != Role::dialog && around->content_height == 0) around = around->parent ? nodes.at(around->parent) : nullptr;
      if (!around || around->role != Role::dialog) continue;
      INFO(role_name(n->role) << " \"" << n->name << "\" at " << n->rect.x << ", " << n->rect.y << " in \"" << around->name << "\" of " << around->rect.w << " by " << around->rect.h);
      CHECK((n->rect.x >= 0 && n->rect.y >= 0 && n->rect.x + n->rect.w <= around->rect.w && n->rect.y + n->rect.h <= around->rect.h));
    }
  }
  const SemanticNode* find(Role role, const std::string& name) {
    for (const SemanticNode& n : app->kit.semantics().nodes())
      if (n.role == role && n.name.find(name) != std::string::npos) return &n;
    return nullptr;
  }
  const SemanticNode& at(Role role, const std::string& name) {
    const SemanticNode* n = find(role, name);
    INFO(role_name(role) << " \"" << name << "\" on " << app->route.url);
    REQUIRE(n);
    return *n;
  }
  void press(const std::string& name) {
    app->kit.on_activate(at(Role::button, name).id);
    settle();
  }
  void follow(const std::string& name) {
    app->kit.on_visit(at(Role::link, name).href);
    settle();
  }
  void type(const std::string& label, const std::string& value, Role role = Role::textbox) {
    app->kit.on_value(at(role, label).id, value);
    settle();
  }
  void go(const std::string& url) {
    app->kit.on_visit(url);
    settle();
  }
};

}  // namespace holdfast::test
