/** Banks of Mexico by the first three digits of their CLABEs, as Banco de México numbers them: those that people meet. */
const names: Readonly<Record<string, string>> = {
  '002': 'Banamex',
  '006': 'Bancomext',
  '009': 'Banobras',
  '012': 'BBVA México',
  '014': 'Santander',
  '019': 'Banjercito',
  '021': 'HSBC',
  '030': 'Banco del Bajío',
  '036': 'Inbursa',
  '042': 'Mifel',
  '044': 'Scotiabank',
  '058': 'Banregio',
  '059': 'Invex',
  '060': 'Bansí',
  '062': 'Afirme',
  '072': 'Banorte',
  '106': 'Bank of America',
  '112': 'Monex',
  '113': 'Ve por Más',
  '127': 'Banco Azteca',
  '130': 'Compartamos',
  '133': 'Actinver',
  '135': 'Nafin',
  '136': 'Intercam',
  '137': 'BanCoppel',
  '138': 'ABC Capital',
  '143': 'CIBanco',
  '145': 'Banco Base',
  '166': 'Banco del Bienestar',
  '638': 'Nu México',
  '646': 'STP',
  '706': 'Arcus',
  '722': 'Mercado Pago',
  '723': 'Cuenca',
  '728': 'Spin by OXXO',
};

/** The name of the bank that a CLABE beginning so belongs to; undefined for a code that is not in the list. */
export function bankName(clabe: string): string | undefined {
  return names[clabe.slice(0, 3)];
}
