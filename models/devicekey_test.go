package models_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/big"
	mathrand "math/rand/v2"
	"testing"

	"caudal/models"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func ecdsaKey(t testing.TB) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

// sign makes raw r||s, as WebCrypto does.
func sign(t testing.TB, private *ecdsa.PrivateKey, message []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signature
}

func TestHonestKeysAndTheirSignaturesAreAccepted(t *testing.T) {
	message := []byte("caudal device resume v1\x00 and so on")
	for range 20 {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := models.VerifyDeviceSignature(models.Ed25519, public, message, ed25519.Sign(private, message)); err != nil {
			t.Fatal(err)
		}
		p256, point := ecdsaKey(t)
		if err := models.VerifyDeviceSignature(models.ECDSAP256, point, message, sign(t, p256, message)); err != nil {
			t.Fatal(err)
		}
	}
}

// RFC 8032, 7.1, tests 1 and 2.
func TestRFC8032Vectors(t *testing.T) {
	for _, v := range []struct{ public, message, signature string }{
		{
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
		},
		{
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
		},
	} {
		err := models.VerifyDeviceSignature(models.Ed25519, unhex(t, v.public), unhex(t, v.message), unhex(t, v.signature))
		if err != nil {
			t.Error(err)
		}
	}
}

func TestEveryFlippedBitBreaksASignature(t *testing.T) {
	message := []byte("message")
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, point := ecdsaKey(t)
	for _, c := range []struct {
		algorithm      models.DeviceAlgorithm
		key, signature []byte
	}{{models.Ed25519, public, ed25519.Sign(private, message)}, {models.ECDSAP256, point, sign(t, p256, message)}} {
		for bit := range len(c.signature) * 8 {
			c.signature[bit/8] ^= 1 << (bit % 8)
			if err := models.VerifyDeviceSignature(c.algorithm, c.key, message, c.signature); !errors.Is(err, models.ErrSignature) {
				t.Fatal(c.algorithm, bit, err)
			}
			c.signature[bit/8] ^= 1 << (bit % 8)
		}
		for _, length := range []int{0, 32, 63} {
			if err := models.VerifyDeviceSignature(c.algorithm, c.key, message, c.signature[:length]); !errors.Is(err, models.ErrSignature) {
				t.Fatal(c.algorithm, length, err)
			}
		}
		if err := models.VerifyDeviceSignature(c.algorithm, c.key, message, append(c.signature, 0)); !errors.Is(err, models.ErrSignature) {
			t.Fatal(c.algorithm, err)
		}
		if err := models.VerifyDeviceSignature(c.algorithm, c.key, []byte("messagf"), c.signature); !errors.Is(err, models.ErrSignature) {
			t.Fatal(c.algorithm, err)
		}
		if err := models.VerifyDeviceSignature(3-c.algorithm, c.key, message, c.signature); !errors.Is(err, models.ErrDeviceKey) {
			t.Fatal("under the other algorithm:", err)
		}
	}
}

// The eight points whose order divides 8, in every encoding that a decoder might take, from "Taming the many EdDSAs"
// (Chalkias, Garillot, Nikolaenko, 2020), table 6; and other encodings that are not canonical.
func TestHollowAndCrookedEd25519KeysAreRefused(t *testing.T) {
	for _, key := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000", // order 1
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
		"0000000000000000000000000000000000000000000000000000000000000080", // order 4
		"0000000000000000000000000000000000000000000000000000000000000000", // order 4
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", // order 8
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", // order 8
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
		"0100000000000000000000000000000000000000000000000000000000000080", // order 1, not canonical
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // order 1, not canonical
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 1, not canonical
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // order 2, not canonical
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // order 4, not canonical
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 4, not canonical
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = 3 + p
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0200000000000000000000000000000000000000000000000000000000000000", // not on the curve
		"", "00", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a00",
	} {
		if err := models.CheckDeviceKey(models.Ed25519, unhex(t, key)); !errors.Is(err, models.ErrDeviceKey) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestCrookedP256KeysAreRefused(t *testing.T) {
	_, point := ecdsaKey(t)
	spoil := func(change func(key []byte)) []byte {
		key := append([]byte(nil), point...)
		change(key)
		return key
	}
	p := elliptic.P256().Params().P
	compressed := append([]byte{2 + point[64]&1}, point[1:33]...)
	for name, key := range map[string][]byte{
		"empty":        nil,
		"infinity":     {0},
		"compressed":   compressed,
		"hybrid":       spoil(func(k []byte) { k[0] = 6 + k[64]&1 }),
		"off curve":    spoil(func(k []byte) { k[64] ^= 1 }),
		"zero":         spoil(func(k []byte) { clear(k[1:]) }),
		"x beyond p":   spoil(func(k []byte) { p.FillBytes(k[1:33]) }),
		"y beyond p":   spoil(func(k []byte) { new(big.Int).Add(p, big.NewInt(1)).FillBytes(k[33:]) }),
		"short":        point[:64],
		"long":         append(append([]byte(nil), point...), 0),
		"P-384's size": make([]byte, 97),
	} {
		if err := models.CheckDeviceKey(models.ECDSAP256, key); !errors.Is(err, models.ErrDeviceKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, algorithm := range []models.DeviceAlgorithm{-1, 0, 3} {
		if err := models.CheckDeviceKey(algorithm, point); !errors.Is(err, models.ErrDeviceKey) {
			t.Error(algorithm, err)
		}
	}
}

func TestSignaturesWithoutAKeyBehindThemAreRefused(t *testing.T) {
	_, point := ecdsaKey(t)
	n := elliptic.P256().Params().N
	for name, rs := range map[string][2]*big.Int{
		"zeros":    {new(big.Int), new(big.Int)},
		"r zero":   {new(big.Int), big.NewInt(1)},
		"s zero":   {big.NewInt(1), new(big.Int)},
		"r order":  {n, big.NewInt(1)},
		"s order":  {big.NewInt(1), n},
		"ones":     {big.NewInt(1), big.NewInt(1)},
		"all ones": {new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)), big.NewInt(1)},
	} {
		signature := make([]byte, 64)
		rs[0].FillBytes(signature[:32])
		rs[1].FillBytes(signature[32:])
		if err := models.VerifyDeviceSignature(models.ECDSAP256, point, []byte("m"), signature); !errors.Is(err, models.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Ed25519: S + L says the same as S to a careless verifier.
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signature := ed25519.Sign(private, []byte("m"))
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := new(big.Int)
	for i := 63; i >= 32; i-- {
		s.Or(s.Lsh(s, 8), big.NewInt(int64(signature[i])))
	}
	s.Add(s, order)
	for i := 32; i < 64; i++ {
		signature[i] = byte(s.Uint64())
		s.Rsh(s, 8)
	}
	if err := models.VerifyDeviceSignature(models.Ed25519, public, []byte("m"), signature); !errors.Is(err, models.ErrSignature) {
		t.Error(err)
	}
}

// Half of all y have a point, and which ones the definition says: x^2 = (y^2 - 1) / (d y^2 + 1), by a square root.
func TestEd25519KeysAreOnTheCurve(t *testing.T) {
	p, _ := new(big.Int).SetString("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed", 16)
	d := new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p))
	onCurve := func(key []byte) bool {
		y := new(big.Int)
		for i := 31; i >= 0; i-- {
			y.Or(y.Lsh(y, 8), big.NewInt(int64(key[i])))
		}
		yy := y.Mul(y, y.SetBit(y, 255, 0))
		numerator := new(big.Int).Sub(yy, big.NewInt(1))
		denominator := new(big.Int).Add(new(big.Int).Mul(d, yy), big.NewInt(1))
		denominator.ModInverse(denominator.Mod(denominator, p), p)
		xx := numerator.Mul(numerator, denominator)
		return new(big.Int).ModSqrt(xx.Mod(xx, p), p) != nil
	}
	random := mathrand.New(mathrand.NewPCG(5, 6))
	on := 0
	for range 500 {
		key := make([]byte, 32)
		for i := range key {
			key[i] = byte(random.Uint32())
		}
		err := models.CheckDeviceKey(models.Ed25519, key)
		if (err == nil) != onCurve(key) {
			t.Fatalf("%x: %v", key, err)
		}
		if err == nil {
			on++
		}
	}
	if on < 150 || on > 350 {
		t.Fatal(on)
	}
}

// No bytes from outside are a signature that nobody made, and every refusal is one of the two that are documented.
func FuzzDeviceKey(f *testing.F) {
	_, point := ecdsaKey(f)
	f.Add(1, make([]byte, 32), make([]byte, 64))
	f.Add(2, point, make([]byte, 64))
	f.Add(1, unhex(f, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), make([]byte, 64))
	f.Fuzz(func(t *testing.T, algorithm int, key, signature []byte) {
		keyErr := models.CheckDeviceKey(models.DeviceAlgorithm(algorithm), key)
		if keyErr != nil && !errors.Is(keyErr, models.ErrDeviceKey) {
			t.Fatal(keyErr)
		}
		err := models.VerifyDeviceSignature(models.DeviceAlgorithm(algorithm), key, []byte("message"), signature)
		if err == nil || keyErr != nil && !errors.Is(err, models.ErrDeviceKey) {
			t.Fatal("accepted, or for another reason:", err)
		}
	})
}

func BenchmarkVerifyDeviceSignature(b *testing.B) {
	message := make([]byte, 128)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	p256, point := ecdsaKey(b)
	for _, c := range []struct {
		name           string
		algorithm      models.DeviceAlgorithm
		key, signature []byte
	}{{"Ed25519", models.Ed25519, public, ed25519.Sign(private, message)}, {"P256", models.ECDSAP256, point, sign(b, p256, message)}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := models.VerifyDeviceSignature(c.algorithm, c.key, message, c.signature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("the standard library's Ed25519 alone", func(b *testing.B) {
		signature := ed25519.Sign(private, message)
		for b.Loop() {
			if !ed25519.Verify(public, message, signature) {
				b.Fatal("refused")
			}
		}
	})
}
