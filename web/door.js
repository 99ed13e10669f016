// The door: plain forms for set-up and signing in, and plain sentences for what keeps the app from starting.

const GERMAN = {
  'Sign in': 'Anmelden', 'E-mail': 'E-Mail', 'Password': 'Passwort', 'Set up Holdfast': 'Holdfast einrichten', 'Your name': 'Ihr Name', 'Set-up code': 'Einrichtungscode', 'Create account': 'Konto anlegen',
  'The server printed a set-up code when it started. It makes sure that the first account is yours.': 'Der Server hat beim Start einen Einrichtungscode ausgegeben. Er stellt sicher, dass das erste Konto Ihnen gehört.',
  'The server cannot be reached. The first sign-in needs a network; after that you can work without one.': 'Der Server ist nicht erreichbar. Die erste Anmeldung braucht ein Netz; danach können Sie ohne arbeiten.',
  'Go on without signing in': 'Ohne Anmeldung weiterarbeiten', 'Open in another tab': 'In einem anderen Tab geöffnet', 'Holdfast is open in another tab of this browser. Your data is safe there.': 'Holdfast ist in einem anderen Tab dieses Browsers geöffnet. Ihre Daten sind dort sicher.',
  'Use it here': 'Hier verwenden', 'The other tab does not answer. Close it, then try again.': 'Der andere Tab antwortet nicht. Schließen Sie ihn und versuchen Sie es erneut.', 'Holdfast cannot start': 'Holdfast kann nicht starten', 'Try again': 'Erneut versuchen',
  'At least ten characters': 'Mindestens zehn Zeichen',
  'The e-mail address or the password is wrong.': 'Die E-Mail-Adresse oder das Passwort ist falsch.', 'This account is deactivated. An administrator can activate it again.': 'Dieses Konto ist deaktiviert. Wer Holdfast verwaltet, kann es wieder aktivieren.',
  'Too many wrong passwords. Wait a quarter of an hour, then try again.': 'Zu viele falsche Passwörter. Warten Sie eine Viertelstunde und versuchen Sie es dann erneut.', 'Too many wrong codes. Wait a quarter of an hour.': 'Zu viele falsche Codes. Warten Sie eine Viertelstunde.',
  'The set-up code is wrong. The server printed it when it started.': 'Der Einrichtungscode ist falsch. Der Server hat ihn beim Start ausgegeben.', 'Holdfast is set up already. Sign in.': 'Holdfast ist schon eingerichtet. Melden Sie sich an.',
};
const door = document.getElementById('door');

function element(tag, properties = {}, ...children) {
  const el = Object.assign(document.createElement(tag), properties);
  el.append(...children);
  return el;
}

export function hideDoor() { door.hidden = true; door.replaceChildren(); }

export async function showDoor(options) {
  const tr = text => options.language === 'de' ? GERMAN[text] || text : text;
  const alert = element('p', {});
  alert.setAttribute('role', 'alert');
  const card = element('div', { className: 'card' }, element('p', { className: 'brand', textContent: 'Holdfast' }));
  const field = (label, name, type, autocomplete, value = '') => {
    const input = element('input', { id: 'door-' + name, name, type, value, required: true });
    input.setAttribute('autocomplete', autocomplete);
    if (type === 'email') { input.type = 'text'; input.inputMode = 'email'; input.autocapitalize = 'none'; }
    return [element('label', { htmlFor: input.id, textContent: tr(label) }), input];
  };
  const form = (title, note, fields, label, act) => {
    const button = element('button', { type: 'submit', textContent: tr(label) });
    const f = element('form', { method: 'post', noValidate: true }, ...fields.flat(), alert, button);
    f.addEventListener('submit', async e => {
      e.preventDefault();
      button.disabled = true;
      try { const problem = await act(Object.fromEntries(new FormData(f))); alert.textContent = problem ? tr(problem) : ''; }
      catch { alert.textContent = tr('The server cannot be reached. The first sign-in needs a network; after that you can work without one.'); }
      button.disabled = false;
    });
    card.append(element('h1', { textContent: tr(title) }), ...(note ? [element('p', { textContent: tr(note) })] : []), f);
  };
  if (options.broken) {
    card.append(element('h1', { textContent: tr('Holdfast cannot start') }), element('p', { textContent: options.broken }), element('button', { textContent: tr('Try again'), onclick: () => location.reload() }));
  } else if (options.taken) {
    card.append(element('h1', { textContent: tr('Open in another tab') }), element('p', { textContent: tr('Holdfast is open in another tab of this browser. Your data is safe there.') }), alert,
      element('button', { textContent: tr('Use it here'), onclick: async () => { if (await options.taken() === false) alert.textContent = tr('The other tab does not answer. Close it, then try again.'); } }));
  } else if (options.setUp) {
    form('Set up Holdfast', 'The server printed a set-up code when it started. It makes sure that the first account is yours.',
      [field('Set-up code', 'code', 'text', 'one-time-code'), field('Your name', 'name', 'text', 'name'), field('E-mail', 'email', 'email', 'username'), field('Password', 'password', 'password', 'new-password')], 'Create account',
      async values => { values.code = values.code.trim().toUpperCase(); return await options.setUpNow(values) || await options.signIn(values.email, values.password); });
  } else {
    form('Sign in', options.reachable ? '' : 'The server cannot be reached. The first sign-in needs a network; after that you can work without one.',
      [field('E-mail', 'email', 'email', 'username', options.email), field('Password', 'password', 'password', 'current-password')], 'Sign in', values => options.signIn(values.email, values.password));
    if (options.cancel) card.append(element('button', { className: 'plain', textContent: tr('Go on without signing in'), onclick: options.cancel }));
  }
  if (options.problem) alert.textContent = options.problem;
  door.replaceChildren(card);
  door.hidden = false;
  door.querySelector('input, button')?.focus();
}
