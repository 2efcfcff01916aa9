package sheet

// Messages are the sentences of this package's errors and findings.
var Messages = map[string][2]string{
	"sheet.empty":      {"文件里没有数据。第一行请写列名，从第二行起写内容。", "There is no data in the file. Put the columns' names into the first row and the data below."},
	"sheet.unknown":    {"读不出这个文件。请另存为 XLSX 或 CSV 后再传。", "The file cannot be read. Save it as XLSX or CSV and send it again."},
	"sheet.old_excel":  {"这是旧版 Excel 文件（.xls）。请用 Excel 或 WPS 打开，选“另存为”，类型选 XLSX，再上传。", "This is an old Excel file (.xls). Open it in Excel or WPS, save it as XLSX and send that."},
	"sheet.password":   {"这个文件加了密码。请打开后去掉密码，另存为 XLSX，再上传。", "This file has a password. Open it, remove the password, save it as XLSX and send that."},
	"sheet.pdf":        {"这是 PDF 文件，里面的数字不能可靠读取。请从原系统导出 Excel 或 CSV 文件。", "This is a PDF; its numbers cannot be read reliably. Export an Excel or CSV file where it came from."},
	"sheet.picture":    {"这是一张图片。请上传 XLSX 或 CSV 文件。", "This is a picture. Send an XLSX or CSV file."},
	"sheet.archive":    {"这是压缩包或其他格式的文件，不是 XLSX。请先解压，上传里面的表格文件。", "This is an archive or another kind of file, not XLSX. Unpack it and send the table inside."},
	"sheet.two_tables": {"“{sheet}”和“{other}”两张表都有这些列，分不清该读哪一张。请分成两个文件上传。", "The sheets “{sheet}” and “{other}” both have these columns, so it is not clear which is meant. Send them as two files."},
	"sheet.all_hidden": {"文件里的表“{sheet}”是隐藏的，没有读。请取消隐藏后再上传。", "The sheet “{sheet}” is hidden and was not read. Unhide it and send the file again."},
	"sheet.html":       {"这其实是一个网页文件。请用表格软件打开，另存为 XLSX 后再传。", "This is really a web page. Open it in a spreadsheet program, save it as XLSX and send it again."},
	"sheet.encoding":   {"文件的文字编码无法识别。请另存为 XLSX，或 UTF-8 编码的 CSV。", "The file's text encoding is not known. Save it as XLSX or as CSV in UTF-8."},
	"sheet.rows":       {"行数太多，一次最多 {max} 行。请分成几个文件。", "Too many rows: at most {max} at a time. Split the file."},
	"sheet.large":      {"文件太大，最多 {max} MB，解压后也不能过大。请删去图片和空白的格式行，或分成几个文件。", "The file is too large: at most {max} MB, and not too much when unpacked. Remove pictures and empty formatted rows, or split the file."},
	"sheet.columns":    {"没有找到这些列：{columns}。请检查列名这一行（在前 200 行内）。", "These columns were not found: {columns}. Check the row of headings, which must be among the first 200."},
	"sheet.quotes":     {"从第 {line} 行起引号没有成对，后面的行会被吞掉。请补上引号，或另存为 XLSX。", "A quotation mark in line {line} is not closed and would take in the lines below it. Close it, or save the file as XLSX."},

	"sheet.kind.unknown":    {"看不出“{sheet}”这张表填的是什么，没有读。请把表名改成模板里的名称，例如“农户”。这张表的列名：{headings}。", "It is not clear what the sheet “{sheet}” holds; it was not read. Name it as in the template, such as “农户”. Its headings: {headings}."},
	"sheet.kind.twice":      {"“{sheet}”和“{other}”都是“{kind}”表，只能有一张。请合成一张。", "“{sheet}” and “{other}” are both sheets of “{kind}”. Put them into one."},
	"sheet.hidden":          {"“{sheet}”是隐藏的表，没有读。要用的话请取消隐藏。", "“{sheet}” is hidden and was not read. Unhide it if it is meant."},
	"sheet.columns.missing": {"“{sheet}”表缺少这些列：{columns}。表里现有的列名：{headings}。请补上，或把列名改成模板里的写法。", "The sheet “{sheet}” lacks these columns: {columns}. It has: {headings}. Add them, or name them as in the template."},
	"sheet.heading.unknown": {"“{sheet}”表的“{heading}”列不认识，没有读（例如：{samples}）。请说明它是哪一列，或忽略它。", "The column “{heading}” of the sheet “{sheet}” is not known and was not read (such as {samples}). Say which column it is, or leave it out."},
	"sheet.heading.none":    {"“{sheet}”表第 {column} 列没有列名，但里面有内容，没有读（例如：{samples}）。", "Column {column} of the sheet “{sheet}” has no heading but has cells; it was not read (such as {samples})."},
	"sheet.heading.twice":   {"“{sheet}”表里“{heading}”和“{other}”都像“{column}”列。请只留一列，或改掉其中一个列名。", "In the sheet “{sheet}” both “{heading}” and “{other}” look like the column “{column}”. Keep one, or rename the other."},
	"sheet.total":           {"“{sheet}”表第 {line} 行是合计，没有读。", "Line {line} of the sheet “{sheet}” is a total and was not read."},
	"sheet.kind.absent":     {"文件里没有“{kind}”表。", "The file has no sheet “{kind}”."},
}
