# The client: kit, screens and shell build everywhere; the browser's platform only for the web.

add_library(imgui STATIC EXCLUDE_FROM_ALL ${DEPS}/imgui/imgui.cpp ${DEPS}/imgui/imgui_draw.cpp ${DEPS}/imgui/imgui_widgets.cpp ${DEPS}/imgui/imgui_tables.cpp)
target_include_directories(imgui SYSTEM PUBLIC ${DEPS}/imgui ${DEPS}/imgui/backends)
target_compile_definitions(imgui PUBLIC IMGUI_USER_CONFIG="${CMAKE_SOURCE_DIR}/client/kit/imgui_config.h")
target_compile_options(imgui PRIVATE -w -fno-rtti -fno-exceptions)

layer(client/kit shared_base imgui xxhash)
layer(client/screens client_kit shared_exchange)
layer(client/shell client_screens)
target_link_libraries(client_screens PUBLIC client_shell)  # Screens draw with the app they are shown by.

if(EMSCRIPTEN)
  target_sources(imgui PRIVATE ${DEPS}/imgui/backends/imgui_impl_opengl3.cpp)
  set_source_files_properties(${DEPS}/imgui/backends/imgui_impl_opengl3.cpp PROPERTIES COMPILE_OPTIONS
    "-DglGetIntegerv=holdfast_get_integer;-DglIsEnabled=holdfast_is_enabled;-DglIsProgram=holdfast_is_program")
  set(host ${CMAKE_SOURCE_DIR}/client/platform/web/host.js)
  add_executable(core EXCLUDE_FROM_ALL client/platform/web/bridge.cpp client/platform/web/gl_answers.cpp client/platform/web/opfs_vfs.c)
  target_link_libraries(core PRIVATE client_shell client_screens client_kit shared_exchange shared_workspace)
  holdfast_warnings(core)
  set_target_properties(core PROPERTIES LINK_DEPENDS ${host})
  target_link_options(core PRIVATE --js-library ${host} -Oz -sENVIRONMENT=worker -sMODULARIZE=1 -sEXPORT_NAME=createCore --no-entry
    -sINVOKE_RUN=0 -sMIN_WEBGL_VERSION=2 -sMAX_WEBGL_VERSION=2 -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=33554432 -sTOTAL_STACK=1MB
    -sFILESYSTEM=0 -sDYNAMIC_EXECUTION=0 -sASSERTIONS=0 -sEXPORTED_FUNCTIONS=_malloc,_free
    -sEXPORTED_RUNTIME_METHODS=UTF8ToString,stringToUTF8,lengthBytesUTF8)
endif()
