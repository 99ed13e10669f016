// Answers to the state queries of ImGui's OpenGL backend, from constants: the context is ours alone, and each real
// query would wait for the GPU process. The backend is compiled with these names in place of the real ones.

#include <GLES3/gl3.h>

#include <cstring>

static GLint viewport[4];

extern "C" void holdfast_set_viewport(int w, int h) {
  viewport[2] = w;
  viewport[3] = h;
}
extern "C" void holdfast_get_integer(GLenum what, GLint* out) {
  switch (what) {
    case GL_VIEWPORT: case GL_SCISSOR_BOX: std::memcpy(out, viewport, sizeof viewport); break;
    case GL_BLEND_SRC_RGB: case GL_BLEND_SRC_ALPHA: case GL_BLEND_DST_RGB: case GL_BLEND_DST_ALPHA: *out = GL_ONE; break;
    case GL_BLEND_EQUATION_RGB: case GL_BLEND_EQUATION_ALPHA: *out = GL_FUNC_ADD; break;
    case GL_ACTIVE_TEXTURE: *out = GL_TEXTURE0; break;
    case GL_MAX_TEXTURE_SIZE: *out = 4096; break;
    case GL_MAJOR_VERSION: *out = 3; break;
    case GL_UNPACK_ALIGNMENT: *out = 4; break;
    default: *out = 0;
  }
}
extern "C" GLboolean holdfast_is_enabled(GLenum) { return 0; }
extern "C" GLboolean holdfast_is_program(GLuint) { return 1; }
