// What the C++ side calls in the worker. Linked into the module by em++ --js-library.
mergeInto(LibraryManager.library, {
  $Host: {
    context: null, width: 0, height: 0, font: '',
    text: function(code) {
      if (code >= 0xF800 && code < 0xF900) return null;
      return (code >= 0xE000 && code < 0xF800 && Module['runs'][code - 0xE000]) || String.fromCodePoint(code);
    },
    canvas: function(w, h) {
      if (!Host.context || Host.width < w || Host.height < h) {
        Host.width = Math.max(w, 96, Host.width); Host.height = Math.max(h, 96, Host.height);
        Host.context = new OffscreenCanvas(Host.width, Host.height).getContext('2d', { 'willReadFrequently': true });
        Host.context.fillStyle = Host.context.strokeStyle = '#fff'; Host.context.textBaseline = 'alphabetic';
        Host.context.lineCap = Host.context.lineJoin = 'round';
        Host.font = '';
      }
      return Host.context;
    },
    styled: function(px, strong) {
      var f = (strong ? '600 ' : '400 ') + px + 'px ' + Module['fontFamily'];
      var c = Host.canvas(96, 96);
      if (Host.font !== f) { c.font = f; Host.font = f; }
      return c;
    },
  },
  host_gl_start__deps: ['$GL'],
  host_gl_start: function() {
    var handle = GL.createContext(Module['canvas'], { 'alpha': false, 'depth': false, 'stencil': false, 'antialias': false, 'powerPreference': 'low-power',
      majorVersion: 2, minorVersion: 0, enableExtensionsByDefault: 1 });
    if (!handle) return 0;
    GL.makeContextCurrent(handle);
    return 1;
  },
  host_canvas_size: function(w, h) { var c = Module['canvas']; if (c.width != w) c.width = w; if (c.height != h) c.height = h; },
  host_wall_ms: function() { return Date.now(); },
  host_mono_ms: function() { return performance.now(); },
  $Zones: {},
  host_zone_offset__deps: ['$Zones'],
  // Minutes between what the zone's clocks show, read as if it were UTC, and the moment itself.
  host_zone_offset: function(zone, ms) {
    var name = UTF8ToString(zone);
    try {
      var f = Zones[name] || (Zones[name] = new Intl.DateTimeFormat('en-US', { 'timeZone': name, 'hourCycle': 'h23', 'year': 'numeric', 'month': 'numeric', 'day': 'numeric', 'hour': 'numeric', 'minute': 'numeric' }));
      var part = {};
      f.formatToParts(ms).forEach(function(p) { part[p['type']] = +p['value']; });
      return Math.round((Date.UTC(part['year'], part['month'] - 1, part['day'], part['hour'], part['minute']) - Math.floor(ms / 60000) * 60000) / 60000);
    } catch (e) { return -2147483648; }
  },
  host_random: function(p, n) { crypto.getRandomValues(HEAPU8.subarray(p, p + n)); },

  host_file: function(name) { return Module['files'] ? Module['files']['names'].indexOf(UTF8ToString(name)) : -1; },
  host_read: function(slot, p, n, at) {
    try { return Module['files']['handles'][slot]['read'](HEAPU8.subarray(p, p + n), { 'at': at }); } catch (e) { return -1; } },
  host_write: function(slot, p, n, at) {
    try { return Module['files']['handles'][slot]['write'](HEAPU8.subarray(p, p + n), { 'at': at }); } catch (e) { return e.name == 'QuotaExceededError' ? -2 : -1; } },
  host_truncate: function(slot, n) { try { Module['files']['handles'][slot]['truncate'](n); return 0; } catch (e) { return -1; } },
  host_flush: function(slot) { try { Module['files']['handles'][slot]['flush'](); return 0; } catch (e) { return -1; } },
  host_size: function(slot) { try { return Module['files']['handles'][slot]['getSize'](); } catch (e) { return -1; } },

  host_font_metrics__deps: ['$Host'],
  host_font_metrics: function(px, strong, out) {
    var m = Host.styled(px, strong).measureText('Hg');
    HEAPF32[out >> 2] = m['fontBoundingBoxAscent']; HEAPF32[(out >> 2) + 1] = m['fontBoundingBoxDescent'];
  },
  // out: advance, left, ascent, right, descent. An icon fills the em square from its top.
  host_measure__deps: ['$Host'],
  host_measure: function(px, strong, code, out) {
    var o = out >> 2, t = Host.text(code);
    if (t === null) { var ascent = Host.styled(px, strong).measureText('Hg')['fontBoundingBoxAscent']; HEAPF32[o] = px; HEAPF32[o + 1] = 0; HEAPF32[o + 2] = ascent; HEAPF32[o + 3] = px; HEAPF32[o + 4] = px - ascent; return; }
    var m = Host.styled(px, strong).measureText(t);
    HEAPF32[o] = m.width; HEAPF32[o + 1] = m['actualBoundingBoxLeft']; HEAPF32[o + 2] = m['actualBoundingBoxAscent'];
    HEAPF32[o + 3] = m['actualBoundingBoxRight']; HEAPF32[o + 4] = m['actualBoundingBoxDescent'];
  },
  host_raster__deps: ['$Host'],
  host_raster: function(px, strong, code, w, h, ox, oy, p) {
    Host.canvas(w, h);
    var c = Host.styled(px, strong), t = Host.text(code);
    c.clearRect(0, 0, w, h);
    if (t === null) {
      c.save(); c.translate(ox, 1); c.scale(px / 24, px / 24); c.lineWidth = 2;
      (Module['icons'][code - 0xF800] || []).forEach(function(d) { c.stroke(new Path2D(d)); });
      c.restore();
    } else c.fillText(t, ox, oy);
    var d = c.getImageData(0, 0, w, h).data;
    HEAPU8.set(d, p);
    for (var i = 0; i < d.length; i += 4) if (d[i + 3] > 40 && (d[i] < 200 || d[i + 1] < 200 || d[i + 2] < 200)) return 1;
    return 0;
  },
  host_define_run: function(code, p, n) { Module['runs'][code - 0xE000] = UTF8ToString(p, n); },

  host_semantics: function(p, n) { Module['onSemantics'](UTF8ToString(p, n)); },
  host_tell: function(p, n) { Module['onTell'](UTF8ToString(p, n)); },
  host_fetch: function(number, method, path, body, n) { Module['onFetch'](number, UTF8ToString(method), UTF8ToString(path), HEAPU8.slice(body, body + n)); },
  host_photo: function(photo, p, n) { Module['onPhoto'](UTF8ToString(photo), HEAPU8.slice(p, p + n)); },
  host_save: function(name, type, p, n) { Module['onSave'](UTF8ToString(name), UTF8ToString(type), HEAPU8.slice(p, p + n)); },
});
