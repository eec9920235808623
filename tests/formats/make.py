"""Writes the files of this folder with other programs' libraries: openpyxl, xlwt, odfpy, pyarrow, pandas.

python make.py [folder]        # pip install openpyxl xlwt odfpy pyarrow pandas

`base.csv` of each table, by Python's csv, is the judge: every other `base` file holds the same rows.
"""
import csv, datetime, decimal, io, json, os, random, sys, zipfile
import openpyxl, xlwt, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableRow, TableCell
from odf.text import P

os.chdir(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
D = datetime.date
DEMANDES = ["demande_id", "date_demande", "commune", "rfr_n2", "rfr_n1", "revenus_12_mois", "surface_actuelle", "decision_dalo", "communes_souhaitees", "situation_logement"]
PERSONNES = ["personne_id", "demande_id", "lien", "date_naissance", "a_charge", "handicap"]
draw = random.Random(16)
demandes, personnes = [], []
for i in range(12):
    d = f"D{i:03}"
    amount = lambda: None if draw.random() < .15 else decimal.Decimal(draw.randrange(500000, 4000000)) / 100
    demandes.append([d, D(2016, 1, 1) + datetime.timedelta(draw.randrange(700)), draw.choice(["21231", "01004", "75056", "69123"]),
        amount(), amount(), amount(), None if i == 3 else draw.randrange(9, 120), None if i == 4 else draw.random() < .5,
        None if i % 3 else "21231 21166", draw.choice(["locataire", "proprietaire", "heberge_tiers"])])
    for n in range(draw.randrange(1, 4)):
        personnes.append([f"P{i:03}-{n}", d, ["demandeur", "conjoint", "enfant"][n], D(1950 + draw.randrange(50), draw.randrange(1, 13), draw.randrange(1, 29)),
            n == 2, draw.random() < .1])
TABLES = [("demandes", DEMANDES, demandes), ("personnes", PERSONNES, personnes)]


def text(cell):
    if cell is None: return ""
    if isinstance(cell, bool): return "true" if cell else "false"
    return str(cell)


for name, head, rows in TABLES:
    with open(f"base_{name}.csv", "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(head)
        w.writerows([text(c) for c in row] for row in rows)

plain = lambda c: float(c) if isinstance(c, decimal.Decimal) else c


def xlsx(path, tables, before=lambda sheet: None, epoch=None, formats=True):
    book = openpyxl.Workbook()
    book.remove(book.active)
    if epoch: book.epoch = epoch
    for name, head, rows in tables:
        sheet = book.create_sheet(name)
        before(sheet)
        sheet.append(head)
        for row in rows: sheet.append([plain(c) for c in row])
    book.save(path)


xlsx("base.xlsx", TABLES)
xlsx("jours_1904.xlsx", TABLES, epoch=openpyxl.utils.datetime.CALENDAR_MAC_1904)

# Titles, merged cells, labels as headers, day numbers without a format, `Demandes 2017`, a total.
LABELS = {"demande_id": "Identifiant: Demande de logement social", "commune": "Commune de la demande (code INSEE)", "date_demande": "Date de dépôt de la demande",
    "revenus_12_mois": "Revenus du ménage au cours des douze derniers mois (EUR/an)", "lien": "Lien avec le demandeur"}


def title(sheet):
    sheet.append(["Demandes reçues en 2017"])
    sheet.merge_cells("A1:F1")
    sheet.append([])
    sheet.append(["Le ménage", None, None, "Ses ressources"])
    sheet.merge_cells("D3:F3")


serial = lambda d: (d - D(1899, 12, 30)).days
odd = [(n.capitalize() + " 2017", [LABELS.get(h, h.replace("_", " ").upper()) for h in head],
    [[serial(c) if isinstance(c, D) else c for c in row] for row in rows]) for n, head, rows in TABLES]
xlsx("titres.xlsx", odd, before=title)
xlsx("total.xlsx", [(n, h, r + [["TOTAL", None, None] + [sum(x[3] or 0 for x in r)] * 3] if n == "demandes" else r) for n, h, r in TABLES])
xlsx("sous_total.xlsx", [(n, h, r + [[None, None, "Total général"] + [sum(x[3] or 0 for x in r)] * 3] if n == "demandes" else r) for n, h, r in TABLES])
xlsx("double.xlsx", [(n, h + ["Revenus du ménage au cours des douze derniers mois"], [x + [1] for x in r]) if n == "demandes" else (n, h, r) for n, h, r in TABLES])
xlsx("loin.xlsx", [(n, h, r) for n, h, r in TABLES])
book = openpyxl.load_workbook("loin.xlsx")
book["demandes"]["XFD2"] = "note"
book.save("loin.xlsx")


def one(path, edit):
    book = openpyxl.load_workbook("base.xlsx")
    edit(book)
    book.save(path)


def moment(b): b["demandes"]["B2"] = datetime.datetime(2017, 1, 1, 14, 30)
def hour(b): b["personnes"]["D2"] = datetime.time(12, 0)
def formula(b): b["demandes"]["D2"] = "=10000+10000"
def key_formula(b): b["demandes"]["A2"] = "=\"D\"&\"000\""
def error(b): b["demandes"]["D2"] = "#REF!"
def year(b):
    b["demandes"]["B2"] = 2017
    b["demandes"]["B2"].number_format = "General"


one("moment.xlsx", moment)
one("heure.xlsx", hour)
one("formule.xlsx", formula)
one("formule_cle.xlsx", key_formula)
one("erreur.xlsx", error)
one("annee.xlsx", year)

book = xlwt.Workbook()
day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
for name, head, rows in TABLES:
    sheet = book.add_sheet(name)
    for c, h in enumerate(head): sheet.write(0, c, h)
    for r, row in enumerate(rows, 1):
        for c, cell in enumerate(row):
            if cell is None: continue
            sheet.write(r, c, plain(cell), day) if isinstance(cell, D) else sheet.write(r, c, plain(cell))
book.save("base.xls")

doc = OpenDocumentSpreadsheet()
for name, head, rows in TABLES:
    table = Table(name=name)
    for row in [head] + rows:
        tr = TableRow()
        for cell in row:
            if cell is None: tc = TableCell()
            elif isinstance(cell, bool): tc = TableCell(valuetype="boolean", booleanvalue=text(cell))
            elif isinstance(cell, D): tc = TableCell(valuetype="date", datevalue=cell.isoformat())
            elif isinstance(cell, (int, float, decimal.Decimal)): tc = TableCell(valuetype="float", value=str(cell))
            else:
                tc = TableCell(valuetype="string")
                tc.addElement(P(text=cell))
            tr.addElement(tc)
        table.addElement(tr)
    doc.spreadsheet.addElement(table)
doc.save("base.ods")


def columns(head, rows): return {h: [row[i] for row in rows] for i, h in enumerate(head)}


MONEY = pa.decimal128(12, 2)
for name, head, rows in TABLES:
    cols = columns(head, rows)
    table = pa.table({h: pa.array(v, MONEY) if any(isinstance(c, decimal.Decimal) for c in v) else pa.array(v) for h, v in cols.items()})
    pq.write_table(table, f"base_{name}.parquet", write_page_checksum=True, write_statistics=False)
    # As pandas has it: moments at midnight, floats, categories, an index, gzip or lz4, a column of nothing.
    frame = pd.DataFrame({h: [plain(c) for c in v] for h, v in cols.items()})
    for h in head:
        if h.startswith("date"): frame[h] = pd.to_datetime(frame[h])
    for h in ("commune", "lien", "demande_id"):
        if h in head: frame[h] = frame[h].astype("category")
    frame.index = [f"ligne {i}" for i in range(len(frame))]
    frame["vide"] = None
    frame.to_parquet(f"pandas_{name}.parquet", compression="gzip" if name == "demandes" else "lz4", index=True)
    wide = pa.table({h: pa.array(v, pa.large_string()) if all(isinstance(c, (str, type(None))) for c in v)
        else pa.array(v, pa.decimal256(40, 4)) if any(isinstance(c, decimal.Decimal) for c in v) else pa.array(v) for h, v in cols.items()})
    if name == "demandes":  # midnight in Paris
        at = [datetime.datetime(c.year, c.month, c.day, tzinfo=__import__("zoneinfo").ZoneInfo("Europe/Paris")) for c in cols["date_demande"]]
        wide = wide.set_column(1, "date_demande", pa.array(at, pa.timestamp("us", tz="Europe/Paris")))
    else:
        wide = wide.set_column(3, "date_naissance", pa.array(cols["date_naissance"], pa.date64()))
    pq.write_table(wide, f"larges_{name}.parquet", compression="zstd")


def value(cell):
    if isinstance(cell, decimal.Decimal): return float(cell)
    return cell.isoformat() if isinstance(cell, D) else cell


def record(head, row, but=()):
    cells = {h: value(c) for h, c in zip(head, row) if h not in but and c is not None}
    if "communes_souhaitees" in cells: cells["communes_souhaitees"] = cells["communes_souhaitees"].split()
    return cells


flat = {name: [record(head, row) for row in rows] for name, head, rows in TABLES}
with open("base.json", "w") as f: json.dump(flat, f, indent=1)
nested = [dict(record(DEMANDES, d), personnes=[record(PERSONNES, p, ("demande_id",)) for p in personnes if p[1] == d[0]]) for d in demandes]
with open("imbrique.ndjson", "w") as f: f.writelines(json.dumps(row) + "\n" for row in nested)

# Files of others: other names, other values.
THEIRS = {"demande_id": "N\u00b0 unique", "date_demande": "Date d\u00e9p\u00f4t", "commune": "INSEE", "rfr_n2": "RFR ann\u00e9e N-2", "rfr_n1": "RFR ann\u00e9e N-1",
    "revenus_12_mois": "Revenus 12 derniers mois", "surface_actuelle": "Surface (m2)", "decision_dalo": "D\u00e9cision DALO", "communes_souhaitees": "Communes souhait\u00e9es",
    "situation_logement": "Occupation", "personne_id": "Identifiant personne", "lien": "Parent\u00e9", "date_naissance": "N\u00e9(e) le", "a_charge": "Charge", "handicap": "CMI"}
CODES = {"locataire": "LOC", "proprietaire": "Propri\u00e9taire occupant", "heberge_tiers": "HEB", "demandeur": "DEM", "conjoint": "CJT", "enfant": "ENF"}
for name, head, rows in TABLES:
    with open(f"autrui_{name}.csv", "w", newline="") as f:
        w = csv.writer(f, delimiter=";")
        w.writerow([THEIRS[h] for h in head] + (["Agent"] if name == "demandes" else []))
        w.writerows([CODES.get(text(c), text(c)) for c in row] + (["Mme X"] if name == "demandes" else []) for row in rows)
