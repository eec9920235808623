"""Sums of the example package of the yearly review, by the words of the agreement and nothing of the project.

    python3 tests/review/sums.py scenarios/convention-dijon > tests/review/sums.csv

Each line: indicator, time, kind of place, code of the place, value. Shares are per cent with two decimals, rounded half
away from zero; a quotient without a base and a year without any row of its table have no line.
"""
import csv
import sys
from fractions import Fraction

YEAR = 2019
FOLDER = sys.argv[1]
SHORT = {"21171", "21231", "21278", "21390", "21540"}  # § 2.3.1
PRIORITY = {"le_mail", "fontaine_d_ouche", "les_gresilles", "bief_du_moulin", "belvedere"}  # préambule
RENEWAL = {"le_mail", "fontaine_d_ouche"}  # § 2.8


def table(name):
    with open(f"{FOLDER}/{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def num(row, *columns):
    return sum(Fraction(row[column] or 0) for column in columns)


OPERATIONS, AIDS, GIVEN, STOCK, EMPLOYERS = map(
    table, ["operations", "aides_versees", "attributions", "parc", "employeurs"]
)


def public(o):
    return num(o, "logements_plai", "logements_plus", "logements_pls")


def kind(o, *names):
    return o["nature_operation"] in names


def private(o):
    return num(o, "autres_logements") if kind(o, "conventionnement_prive") else 0


def social(o):
    return public(o) + private(o)


def existing(o):
    return social(o) if kind(o, "acquisition_amelioration", "conventionnement_prive") else 0


def units(o):
    return public(o) + num(o, "autres_logements")


def renovated(o):
    return kind(o, "renovation_thermique")


def bbc(o):
    return renovated(o) and num(o, "consommation_apres") <= 80 * num(o, "coefficient_climat")


def inside(o):
    return o["quartier"] != ""


def of_renovation(column):
    return lambda o: num(o, column) if renovated(o) else 0


def renovated_if(test):
    return lambda o: units(o) if renovated(o) and test(o) else 0


def asked(o):
    return num(o, "financement_action_logement") // 20000


def reserved(o):
    return num(o, "reservations_en_quartier", "reservations_hors_quartier")


def leased(a):
    return a["bail_signe"] == "true" and a["quartier"] not in PRIORITY


DELIVERED, AGREED, PAID, DECIDED = "date_livraison", "date_convention_reservation", "date_versement", "date_attribution"

# Indicator: table, date, what a row adds, what it is divided by (none), first and last year.
SUMS = {
    "A08": (OPERATIONS, DELIVERED, lambda o: public(o) if kind(o, "renovation_thermique", "vente_hlm") else units(o), None, 2017, 2019),
    "A09": (OPERATIONS, DELIVERED, lambda o: num(o, "subvention_metropole"), None, 2017, 2019),
    "A17": (OPERATIONS, AGREED, lambda o: num(o, "financement_action_logement"), None, 2015, 2019),
    "A18": (OPERATIONS, AGREED, reserved, None, 2015, 2019),
    "A19": (AIDS, PAID, lambda a: num(a, "montant_verse"), None, 2015, 2019),
    "A20": (AIDS, PAID, lambda a: 1, None, 2015, 2019),
    "A22": (GIVEN, DECIDED, lambda a: a["a_un_salarie"] == "true", None, 2015, 2019),
    "A29": (OPERATIONS, DELIVERED, social, None, 2017, 2019),
    "A30": (OPERATIONS, DELIVERED, public, None, 2017, 2019),
    "A31": (OPERATIONS, DELIVERED, private, None, 2017, 2019),
    "A32": (OPERATIONS, DELIVERED, existing, None, 2017, 2019),
    "A33": (OPERATIONS, DELIVERED, lambda o: social(o) if o["commune"] in SHORT else 0, None, 2017, 2019),
    "A36": (OPERATIONS, DELIVERED, renovated_if(lambda o: True), None, 2010, 2014),
    "A37": (OPERATIONS, DELIVERED, renovated, None, 2010, 2014),
    "A38": (OPERATIONS, DELIVERED, of_renovation("cout_operation"), None, 2010, 2014),
    "A39": (OPERATIONS, DELIVERED, of_renovation("cout_operation"), renovated_if(lambda o: True), 2010, 2014),
    "A40": (OPERATIONS, DELIVERED, bbc, None, 2010, 2014),
    "A41": (OPERATIONS, DELIVERED, renovated_if(bbc), renovated_if(lambda o: True), 2010, 2014),
    "A42": (OPERATIONS, DELIVERED, lambda o: renovated(o) and num(o, "consommation_apres") < 90, None, 2010, 2014),
    "A45": (OPERATIONS, DELIVERED, of_renovation("subvention_metropole"), None, 2010, 2014),
    "A46": (OPERATIONS, DELIVERED, of_renovation("financement_action_logement"), None, 2010, 2014),
    "A48": (OPERATIONS, DELIVERED, renovated_if(inside), None, 2010, 2014),
    "A49": (OPERATIONS, DELIVERED, bbc, None, 2015, 2020),
    "A50": (OPERATIONS, DELIVERED, renovated_if(bbc), None, 2015, 2020),
    "A51": (OPERATIONS, DELIVERED, renovated_if(lambda o: bbc(o) and inside(o)), renovated_if(bbc), 2015, 2020),
    "A54": (OPERATIONS, DELIVERED, lambda o: renovated(o) and o["gardiens_formes"] == "true", renovated, 2017, 2019),
    "A55": (OPERATIONS, DELIVERED, of_renovation("subvention_metropole"), None, 2015, 2020),
    "A57": (OPERATIONS, DELIVERED, of_renovation("pret_special"), lambda o: num(o, "pret_special"), 2016, 2019),
    "A60": ([a for a in AIDS if a["nature_aide"] == "visale"], PAID, lambda a: 1, None, 2017, 2019),
    "A63": ([a for a in AIDS if a["nature_aide"] == "mobili_jeune"], PAID, lambda a: 1, None, 2017, 2019),
    "A65": (OPERATIONS, DELIVERED, lambda o: units(o) if kind(o, "psla", "accession_abordable") else 0, None, 2017, 2019),
    "A66": (OPERATIONS, DELIVERED, lambda o: kind(o, "psla", "accession_abordable") and inside(o) and o["etude_faisabilite"] == "true", lambda o: kind(o, "psla", "accession_abordable") and inside(o), 2017, 2019),
    "A67 bis": (OPERATIONS, DELIVERED, lambda o: units(o) if kind(o, "vente_hlm") else 0, None, 2017, 2019),
    "A76": ([o for o in OPERATIONS if o["quartier"] in RENEWAL], DELIVERED, reserved, None, 2017, 2019),
    "A77": (GIVEN, DECIDED, lambda a: a["quartier"] in PRIORITY and a["au_premier_quartile"] == "false", lambda a: a["quartier"] in PRIORITY, 2017, 2019),
    "A77 bis": (GIVEN, DECIDED, lambda a: leased(a) and "true" in (a["au_premier_quartile"], a["relogement"]), leased, 2017, 2019),
    "A78": (OPERATIONS, AGREED, reserved, None, 2017, 2019),
}
SHARES = {"A41", "A51", "A54", "A57", "A66", "A77", "A77 bis"}


def shown(value, indicator):
    if indicator in SHARES:
        value *= 100
    if value.denominator == 1:
        return str(value.numerator)
    cents = int(abs(value) * 100 + Fraction(1, 2))
    text = f"{'-' if value < 0 else ''}{cents // 100}.{cents % 100:02}"
    return text.rstrip("0").rstrip(".")


def line(out, indicator, time, place, code, rows, adds, over):
    if not rows:
        return
    value = Fraction(sum(Fraction(adds(row)) for row in rows))
    if over is not None:
        base = sum(Fraction(over(row)) for row in rows)
        if base == 0:
            return
        value /= base
    out.append([indicator, time, place, code, shown(value, indicator)])


def main():
    out = []
    for indicator, (rows, date, adds, over, first, last) in SUMS.items():
        last = min(last, YEAR)
        spans = [(str(year), year, year) for year in range(first, last + 1)] + [(f"{first}-{last}", first, last)]
        for time, low, high in spans:
            own = [row for row in rows if low <= int(row[date][:4]) <= high]
            line(out, indicator, time, "", "", own, adds, over)
            for place in ("commune", "quartier"):
                for code in sorted({row.get(place, "") for row in own}):
                    line(out, indicator, time, place, code, [r for r in own if r.get(place, "") == code], adds, over)
    # The stock at its last date.
    state = [row for row in STOCK if row["date_parc"] == max(r["date_parc"] for r in STOCK)]
    social_units, homes = sum(num(r, "logements_sociaux") for r in state), sum(num(r, "residences_principales") for r in state)
    out.append(["A27", "2015-2019", "", "", shown(Fraction(social_units), "A27")])
    out.append(["A28", "2015-2019", "", "", shown(Fraction(social_units, homes), "A41")])
    # Employers: today's.
    out.append(["A04", "2017-2019", "", "", str(len(EMPLOYERS))])
    out.append(["A05", "2017-2019", "", "", shown(Fraction(sum(num(e, "effectif") for e in EMPLOYERS)), "A05")])
    grown = [e for e in EMPLOYERS if num(e, "effectif") > num(e, "effectif_precedent")]
    out.append(["A74", "2017-2019", "", "", str(len(grown))])
    liable = [e for e in EMPLOYERS if num(e, "effectif") >= (50 if e["secteur"] == "prive_agricole" else 20)]
    out.append(["A16", "2017-2019", "", "", str(len(liable))])
    # Employees served, against 2015.
    def served(year):
        employees = sum(a["a_un_salarie"] == "true" for a in GIVEN if a[DECIDED][:4] == str(year))
        return employees + sum(a[PAID][:4] == str(year) for a in AIDS)

    for year in range(2015, YEAR + 1):
        growth = Fraction(served(year), served(2015)) - 1
        out.append(["A24", str(year), "", "", shown(growth, "A41")])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["indicateur", "temps", "genre_lieu", "code_lieu", "valeur"])
    writer.writerows(out)


if __name__ == "__main__":
    main()
