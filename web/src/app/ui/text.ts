import { catalogue } from '../i18n.ts';

/** What the kit itself says. */
export const t = catalogue(
  'ui',
  {
    close: 'Cerrar',
    dismiss: 'Quitar aviso',
    copy: 'Copiar',
    copied: 'Copiado',
    copyFailed: 'No se pudo copiar: selecciónalo y cópialo tú',
    showPassword: 'Mostrar contraseña',
    hidePassword: 'Ocultar contraseña',
    capsLock: 'Bloq Mayús está activado',
    notLive: 'dato que puede haber cambiado',
    step: (n: number, of: number) => `Paso ${n} de ${of}`,
    loading: 'Cargando',
    notices: 'Avisos',
    see: 'Ver',
  },
  {
    close: 'Close',
    dismiss: 'Dismiss',
    copy: 'Copy',
    copied: 'Copied',
    copyFailed: 'Could not copy: select it and copy it yourself',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    capsLock: 'Caps Lock is on',
    notLive: 'may have changed since',
    step: (n: number, of: number) => `Step ${n} of ${of}`,
    loading: 'Loading',
    notices: 'Notices',
    see: 'See',
  },
);
