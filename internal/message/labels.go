package message

//lint:file-ignore ST1018 the joiners are part of the words as mail clients write them

// headerLabels are the names that mail clients print before a quoted or forwarded header, by what they label.
// Roundcube in Indonesian calls the copy field "Lampiran".
var headerLabels = map[string]string{
	"from": `|absender|afsender|afzender|avsender|da|dari|daripada|de|de la|di|eus|expediteur|expeditor|expéditeur|
|fan|feladó|fra|from|frá|frå|från|gönderen|gönderici|gửi từ|igorlea|kimdan|kimdən|kusuka|kutoka|
|lähettäjä|mittente|mula kay|nga|nork|nuo|od|oddi wrth|odesílatel|on behalf of|pengirim|remitent|
|remitente|saatja|sendanto|seolaí|siuntėjas|từ|van|von|vum|vun|šalje|αποστολέας|από|ад|від|від кого|
|кимден|кімнен|од|от|хэнээс|ուղարկող|ումից|מאת|ارسال کننده|از|استوونکی|المرسل|دىن|فرستنده|لە|من|
|منجانب|يوللىغۇچى|प्रेषक|भेजने वाला|থেকে|প্রেরক|પ્રેષક|அனுப்புநர்|அனுப்புனர்|వీరి నుండి|ಇಂದ|അയച്ചയാൾ|
|പ്രേഷിതന്‍|වෙතින්|จาก|ผู้ส่ง|ຈາກ|გამგზავნი|ከ|ካብ|ពី|អ្នកផ្ញើ|发件人|寄件者|差出人|発信者|보낸 사람|보낸사람|`,
	"to": `|a|aan|adresát|alıcı|an|bo|chuig|címzett|către|derbyniwr|destinatar|destinatari|destinatario|do|
|gavėjas|gu|hartzailea|kam|ke|kepada|kimga|kimə|komu|ku|kwa|modtager|mottagare|mottaker|người nhận|
|nori|oan|ontvanger|pa|para|para kay|penerima|per a|pour|prima|për|ricevanto|saaja|til|till|to|tới|un|
|untuk|vastaanottaja|za|à|παραλήπτης|προς|до|за|каму|коме|кому|кімге|примач|хэнд|ում|ստացող|אל|إلى|
|المستقبل|بنام|به|بۆ|تاپشۇرۇۋالغۇچى|ترلاسه کوونکی|غا|ګيرينده|گیرنده|पाने वाला|प्रति|प्रती|प्रापक|
|প্রাপক|પ્રતિ|பெறுநர்|பெறுனர்|వీరికి|ಗೆ|സ്വീകര്‍ത്താവ്|സ്വീകർത്താവ്|වෙත|ถึง|ผู้รับ|ເຖິງ|သို့|ვის|
|მიმღები|ናብ|ជូន​ចំពោះ|អ្នកទទួល|宛先|收件人|收件者|받는 사람|받는사람|`,
	"date": `|ceann-latha|dagsetning|data|date|date/time|dato|datum|datums|datë|dată|deiz|dikirim|dikirim pada|
|dyddiad|dáta|dátum|däts|dîrok|enviada|enviado|enviado el|enviado em|envoyé|envoyé le|fecha|gesendet|
|gesendet am|inviato|kuupäev|lähetetty|message du|ngày|odesláno|petsa|päivämäärä|päiväys|sana|
|sendt|sent|sent at|skickat|tanggal|tanggal/waktu|tann|tarehe|tarih|tarikh|tarix|terkirim|tgl|usuku|
|verzonden|waktu|wysłano|ημερομηνία|дата|датум|күні|күнү|огноо|отправлено|ամսաթիվ|ամսաթիվը|תאריך|
|التاريخ|بەروار|تاريخ|تاریخ|نېټه|چېسلا|तारिख|तारीख|दिनांक|मिति|তারিখ|તારીખ|தேதி|తేదీ|ದಿನಾಂಕ|തീയതി|
|දිනය|วันที่|ရက်စွဲ|თარიღი|ቀን|ዕለት|កាលបរិច្ឆេត|កាល​បរិច្ឆេទ|发送时间|日付|日期|送信日時|날짜|`,
	"subject": `|aihe|assumpte|assunto|asunto|asuntu|betreff|chủ đề|cuspair|efni|emne|evni|gaia|hal|isihloko|judul|
|kichwa|konu|mavzu|mijar|mövzu|naslov|objet|oggetto|ogjet|onderwerp|paksa|pealkiri|perihal|predmet|
|pwnc|předmět|subiect|subject|subjecto|subjek|subjekt|subxhect|subyek|sujed|sujet|teema|tema|temat|
|temats|temo|titill|tiêu đề|topik|tárgy|zadeva|ábhair|ämne|ûnderwerp|θέμα|гарчиг|заглавие|наслов|
|предмет|тақырыбы|тема|тэма|վերնագիր|վերնագիրը|נושא|الموضوع|تىما|تېما|مضمون|موضوع|ناونیشان|विशय|विषय|
|বিষয়|বিষয়|વિષય|தலைப்பு|విషయం|ವಿಷಯ|വിഷയം|කාරණය|මාතෘකාව|หัวจดหมาย|หัวเรื่อง|အကြောင်းအရာ|თემა|სათაური|
|ርዕሰ ጕዳይ|ዋኒን|ចំណងជើង|ប្រធាន​បទ|主旨|主题|件名|제목|`,
	"cc": `|afrit|antwort|attachments|bcc|cc|cci|ccn|copi|copia|copie|copie (cc)|copie a|copie à|copy|cópia|
|importance|kepentingan|koopia|kopi til|kopia|kopie|kopie (cc)|kopija|kopio|kopya|kp|kópia|lampiran|
|lampirkan|másolat|nusxasi|nüsxə|prioritas|priority|reply to|reply-to|risposta|salinan|sisipan|
|tembusan|đồng kính gửi|κοινοποίηση|копие до|копирај|копия|копія|цц|לידיעה|تکثیر|رونوشت|قۇشۇمچە|لمېسل|
|نسخة|نسخة إلي|कार्बन|प्रत|बोधार्थ|অনুলিপির ঠিকানা|நகல்|คัดลอก|ასლი|ካኮ|写し(cc)|副本|抄送|答复|참조|`,
}
