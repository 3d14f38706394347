/** Sign-in and registration. */
export default function View() {
  return <h1>Caudal</h1>;
}
