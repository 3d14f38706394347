import { catalogue } from '../i18n.ts';

/** What the frame around every view says. */
export const t = catalogue(
  'frame',
  {
    skip: 'Saltar al contenido',
    navigation: 'Secciones',
    accounts: 'Cuentas',
    movements: 'Movimientos',
    send: 'Enviar',
    open: 'Abrir cuenta',
    security: 'Seguridad',
    teller: 'Ventanilla',
    signin: 'Entrar',
    register: 'Abrir cuenta',

    live: 'En vivo',
    connecting: 'Conectando',
    connected: 'Conectado',
    reconnecting: 'Reconectando',
    offline: 'Sin conexión',
    stopped: 'Detenida',
    staleSince: (age: string) => `Hace ${age}`,
    linkState: 'Conexión con el banco',

    oldFigures: (age: string) => `Lo que ves es de hace ${age}`,
    noFigures: 'Todavía no hay conexión con el banco',
    retryingIn: (wait: string) => `Nuevo intento en ${wait}.`,
    retryingNow: 'Intentando ahora…',
    retryNow: 'Reintentar ahora',
    lostAnnounced: 'Se perdió la conexión con el banco. Los saldos pueden haber cambiado.',
    liveAnnounced: 'Conexión recuperada. Los saldos están en vivo.',

    menu: 'Menú y preferencias',
    preferences: 'Preferencias',
    language: 'Idioma',
    theme: 'Apariencia',
    themeSystem: 'Sistema',
    themeLight: 'Clara',
    themeDark: 'Oscura',
    signedInAs: 'Tu sesión',
    shortcuts: 'Atajos de teclado',
    shortcutThen: 'y luego',
    shortcutHelp: 'Mostrar esta ayuda',
    shortcutClose: 'Cerrar un diálogo',

    signOut: 'Cerrar sesión',
    signOutTitle: 'Cerrar sesión en este dispositivo',
    signOutText: 'Este navegador olvida su llave y deja de ser uno de tus dispositivos. Para volver a entrar aquí hará falta tu contraseña.',
    signOutOffline: 'Ahora no hay conexión: la llave se borra de aquí, pero el banco lo seguirá mostrando entre tus dispositivos hasta que lo quites desde otro.',
    pendingOrders: (n: number) =>
      n === 1
        ? 'Hay una orden sin respuesta. Se volverá a preguntar cuando entres de nuevo aquí.'
        : `Hay ${n} órdenes sin respuesta. Se volverá a preguntar cuando entres de nuevo aquí.`,
    cancel: 'Cancelar',

    received: (amount: string) => `Recibiste ${amount}`,
    from: (name: string) => `De ${name}`,
    manyReceived: (n: string, sum: string) => `${n} movimientos, ${sum}`,
    whileAway: 'Mientras no mirabas',

    recognising: 'Entrando con la llave de este navegador',
  },
  {
    skip: 'Skip to the content',
    navigation: 'Sections',
    accounts: 'Accounts',
    movements: 'Movements',
    send: 'Send',
    open: 'Open an account',
    security: 'Security',
    teller: 'Counter',
    signin: 'Sign in',
    register: 'Open an account',

    live: 'Live',
    connecting: 'Connecting',
    connected: 'Connected',
    reconnecting: 'Reconnecting',
    offline: 'Not connected',
    stopped: 'Stopped',
    staleSince: (age: string) => `${age} old`,
    linkState: 'Connection to the bank',

    oldFigures: (age: string) => `What you see is ${age} old`,
    noFigures: 'There is no connection to the bank yet',
    retryingIn: (wait: string) => `Trying again in ${wait}.`,
    retryingNow: 'Trying now…',
    retryNow: 'Retry now',
    lostAnnounced: 'The connection to the bank is lost. Balances may have changed.',
    liveAnnounced: 'Connected again. Balances are live.',

    menu: 'Menu and preferences',
    preferences: 'Preferences',
    language: 'Language',
    theme: 'Appearance',
    themeSystem: 'System',
    themeLight: 'Light',
    themeDark: 'Dark',
    signedInAs: 'Your session',
    shortcuts: 'Keyboard shortcuts',
    shortcutThen: 'then',
    shortcutHelp: 'Show this help',
    shortcutClose: 'Close a dialog',

    signOut: 'Sign out',
    signOutTitle: 'Sign out of this device',
    signOutText: 'This browser forgets its key and is no longer one of your devices. Coming back in here takes your password.',
    signOutOffline: 'There is no connection now: the key is deleted here, but the bank goes on showing this browser among your devices until you remove it from another one.',
    pendingOrders: (n: number) =>
      n === 1
        ? 'One order is without an answer. It will be asked about when you sign in here again.'
        : `${n} orders are without an answer. They will be asked about when you sign in here again.`,
    cancel: 'Cancel',

    received: (amount: string) => `You received ${amount}`,
    from: (name: string) => `From ${name}`,
    manyReceived: (n: string, sum: string) => `${n} movements, ${sum}`,
    whileAway: 'While you were away',

    recognising: 'Signing in with this browser’s key',
  },
);
